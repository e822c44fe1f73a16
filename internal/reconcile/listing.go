// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
)

const (
	pageLimit = 100 // the API's maximum
	// maxPages bounds one pass over the list: a hundred thousand incidents.
	maxPages = 1000
	// clockMargin is added to how far back a look-up reads, for what the two clocks and the server's Date miss.
	clockMargin = 5 * time.Minute
)

// listing reads incidents from the API. Every request passes the gate.
type listing struct {
	api     API
	gate    *gate
	now     func() time.Time
	timeout time.Duration
}

// get returns the incident id, or nothing if the API says that there is none.
func (l *listing) get(ctx context.Context, id string) ([]alert24.Incident, error) {
	if err := l.gate.wait(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	row, err := l.api.Get(ctx, id)
	switch alert24.Classify(err) {
	case alert24.Accepted:
		return []alert24.Incident{row}, nil
	case alert24.Gone:
		return nil, nil
	default:
		return nil, err
	}
}

// open returns all incidents that are not over, status by status, and how far the server's clock is ahead of ours.
func (l *listing) open(ctx context.Context) (rows []alert24.Incident, ahead time.Duration, err error) {
	for _, status := range alert24.OpenStatuses {
		err := l.pages(ctx, status, func(p alert24.Page) bool {
			rows = append(rows, p.Incidents...)
			ahead = l.ahead(p)
			return true
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return rows, ahead, nil
}

// since returns all incidents created at or after t, by our clock.
func (l *listing) since(ctx context.Context, t time.Time) ([]alert24.Incident, error) {
	var rows []alert24.Incident
	var bound time.Time
	// Rows enter an unfiltered list only at its front: offset paging can repeat rows, but not skip any.
	err := l.pages(ctx, "", func(p alert24.Page) bool {
		if bound.IsZero() {
			bound = t.Add(l.ahead(p) - clockMargin)
		}
		for _, row := range p.Incidents {
			if row.CreatedAt.Before(bound) {
				return false
			}
			rows = append(rows, row)
		}
		return true
	})
	return rows, err
}

// ahead is how far the server's clock is ahead of ours; 0 if it does not say.
func (l *listing) ahead(p alert24.Page) time.Duration {
	if p.ServerTime.IsZero() {
		return 0
	}
	return p.ServerTime.Sub(l.now())
}

// pages reads page after page, newest first, until there are no more or each returns false.
func (l *listing) pages(ctx context.Context, status string, each func(alert24.Page) bool) error {
	offset := 0
	for range maxPages {
		p, err := l.page(ctx, alert24.ListOptions{Status: status, Limit: pageLimit, Offset: offset})
		if err != nil {
			return err
		}
		if !each(p) || !p.HasMore {
			return nil
		}
		if len(p.Incidents) == 0 {
			return errors.New("the API's list of incidents says that there is more but shows nothing")
		}
		offset += len(p.Incidents)
	}
	return fmt.Errorf("the list of incidents has more than %d pages", maxPages)
}

func (l *listing) page(ctx context.Context, opts alert24.ListOptions) (alert24.Page, error) {
	if err := l.gate.wait(ctx); err != nil {
		return alert24.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	return l.api.List(ctx, opts)
}
