// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"time"
)

// errNotPermitted: another replica may know nothing of the call.
var errNotPermitted = errors.New("the call waited too long since it was written ahead, or this replica no longer leads")

type permitKey struct{}

// permit lets the requests of a call pass the gate only while mayCall says so of its write-ahead.
func permit(ctx context.Context, mayCall func(since time.Time) bool, since time.Time) context.Context {
	if mayCall == nil {
		return ctx
	}
	return context.WithValue(ctx, permitKey{}, func() bool { return mayCall(since) })
}

// permitted is asked when a request leaves the gate.
func permitted(ctx context.Context) error {
	if may, ok := ctx.Value(permitKey{}).(func() bool); ok && !may() {
		return errNotPermitted
	}
	return nil
}
