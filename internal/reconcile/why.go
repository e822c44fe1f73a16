// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

type whyKey struct{}

// Why says what the call in ctx is for, in words for people.
func Why(ctx context.Context) string {
	why, _ := ctx.Value(whyKey{}).(string)
	return why
}

func withWhy(ctx context.Context, e *ledger.Entry, c ledger.Call) context.Context {
	return context.WithValue(ctx, whyKey{}, e.Alias+": "+why(e, c))
}

func why(e *ledger.Entry, c ledger.Call) string {
	switch {
	case c.Kind == ledger.Create && c.Minimal:
		return "an alert fires, and the API refused all that it says"
	case c.Kind == ledger.Create:
		return "an alert fires and no incident is known open"
	case c.Kind == ledger.Update:
		return "its alerts say something else now"
	case c.Kind == ledger.Reopen:
		return "the API updated a closed incident"
	case c.Finish:
		return "its close was begun before the alert fired again"
	case c.Kind == ledger.Close && c.ID != e.Incident.ID:
		return "a second open incident of one alias"
	case c.Kind == ledger.Close:
		return "no alert fires any more"
	default:
		return "what Alert24 holds is not certain"
	}
}
