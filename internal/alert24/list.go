// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	pageLimit = 100 // the API's maximum
	// maxPages bounds one reading of the list: a hundred thousand incidents.
	maxPages = 1000
	// clockMargin is added to how far back a lookup reads, for what the two clocks and the server's Date miss.
	clockMargin = 5 * time.Minute
)

// pages reads page after page, of one status or of all (""), the newest first, until there are no more or each returns false.
// ahead is how far the server's clock is ahead of ours.
func (c *Client) pages(ctx context.Context, status string, each func(p *page, ahead time.Duration) (more bool)) error {
	offset := 0
	for range maxPages {
		p, ahead, err := c.page(ctx, status, offset)
		if err != nil {
			return err
		}
		for i := range p.rows {
			if p.rows[i].Status == "" {
				p.rows[i].Status = str(status) // what was asked for
			}
		}
		if !each(p, ahead) || !p.more {
			return nil
		}
		offset += len(p.rows)
	}
	return &Error{
		Op: "list incidents", Result: protocol.Incomplete, FromAPI: true,
		Err: fmt.Errorf("the list has more than %d pages", maxPages),
	}
}

func (c *Client) page(ctx context.Context, status string, offset int) (p *page, ahead time.Duration, err error) {
	query := url.Values{}
	if status != "" {
		query.Set("status", status)
	}
	err = c.readPage(ctx, "incidents", query, offset, func(ans *answer) error {
		got, err := decodePage(ans.body, offset)
		if date := serverTime(ans.header); !date.IsZero() {
			ahead = date.Sub(ans.gotAt)
		}
		p = &got
		return err
	})
	return p, ahead, err
}

// readPage asks for a page of a list that begins at offset, and hands over its whole answer.
func (c *Client) readPage(ctx context.Context, list string, query url.Values, offset int, use func(*answer) error) error {
	query.Set("limit", strconv.Itoa(pageLimit))
	if offset > 0 {
		query.Set("offset", strconv.Itoa(offset))
	}
	r := request{op: "list " + list, kind: protocol.Lookup, method: http.MethodGet, path: "/" + list + "?" + query.Encode()}
	return c.send(ctx, &r, func(ans *answer) error {
		if ans.cut != nil {
			return ans.cut
		}
		return use(ans)
	})
}

// openRows shows each all incidents that are not closed. One can come twice.
func (c *Client) openRows(ctx context.Context, each func(r *row, ahead time.Duration)) error {
	// In the order of an incident's life, so that none is missed that moves on meanwhile.
	for _, status := range incident.OpenStatuses {
		err := c.pages(ctx, status, func(p *page, ahead time.Duration) bool {
			for i := range p.rows {
				each(&p.rows[i], ahead)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Open lists all open incidents.
func (c *Client) Open(ctx context.Context) (Listing, error) {
	l := Listing{IDs: map[string]bool{}}
	err := c.openRows(ctx, func(r *row, ahead time.Duration) {
		id := string(r.ID)
		if !r.open() || l.IDs[id] {
			return
		}
		l.IDs[id] = true
		if tag, _ := c.whose(r); tag != "" {
			l.Ours = append(l.Ours, Listed{Tag: tag, ID: id, CreatedAt: r.createdAhead(ahead)})
		}
	})
	if err != nil {
		return Listing{}, err
	}
	return l, nil
}

// reach is how far back a reading of the list has come. The API says that its list begins with the newest incident, and not by
// which time: so the order is learned from the rows. In a list by creation, all behind a page whose incidents were created before some
// moment were created before it, too. In a list by update that holds for the time of the update, and what was updated before was created
// before. A list in any other order proves nothing until it ends.
type reach struct {
	end bool // the list ended
	// before is the newest time of the oldest page; zero: none, or the order proves nothing.
	before           time.Time
	created, updated order
}

// order follows the times of rows, which are to fall.
type order struct {
	least  time.Time
	fell   bool // at least once: rows that are all of one time prove nothing
	broken bool
}

// holds: the list is in this order.
func (o *order) holds() bool { return o.fell && !o.broken }

// orderMargin is how far rows may be out of order: servers' clocks differ, and what is made at the same time stands in any order.
const orderMargin = time.Minute

// add notes the times of a page.
func (o *order) add(times []time.Time) {
	if len(times) == 0 {
		return
	}
	o.broken = o.broken || times[0].Before(times[len(times)-1])
	for _, at := range times {
		o.fell = o.fell || at.Before(o.least)
		o.broken = o.broken || !o.least.IsZero() && at.Sub(o.least) > orderMargin
		if o.least.IsZero() || at.Before(o.least) {
			o.least = at
		}
	}
}

// covers: all that was created at or after bound was read.
func (r *reach) covers(bound time.Time) bool {
	return r.end || !r.before.IsZero() && r.before.Before(bound)
}

// add notes a page.
func (r *reach) add(p *page) {
	r.end = r.end || !p.more
	created := make([]time.Time, len(p.rows))
	updated := make([]time.Time, len(p.rows))
	for i := range p.rows {
		row := &p.rows[i]
		created[i], updated[i] = row.CreatedAt.time(), row.UpdatedAt.time()
		if created[i].IsZero() {
			return // the row may be of any age, so the page is not wholly older than anything
		}
		if updated[i].IsZero() {
			updated[i] = created[i]
		}
	}
	r.created.add(created)
	r.updated.add(updated)
	var newest time.Time
	if !r.created.broken {
		newest = latest(newest, created)
	}
	if !r.updated.broken {
		newest = latest(newest, updated)
	}
	switch {
	case !r.created.holds() && !r.updated.holds():
		r.before = time.Time{}
	case r.before.IsZero() || newest.Before(r.before):
		r.before = newest
	}
}

func latest(newest time.Time, times []time.Time) time.Time {
	for _, at := range times {
		if at.After(newest) {
			newest = at
		}
	}
	return newest
}
