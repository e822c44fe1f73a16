// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	pageLimit = 100 // the API's maximum
	// maxPages bounds one reading of the list: a hundred thousand incidents.
	maxPages = 1000
	// clockMargin lets a lookup read further back, to allow for the difference of the clocks and the coarse Date of the server.
	clockMargin = 5 * time.Minute
)

// pages reads page after page of one status, or of all (""), newest first, until the list ends or each returns false. ahead is how
// far the server's clock is ahead of ours. If a page is too long, because of somebody's long texts, the rest is read in smaller pages.
func (c *Client) pages(ctx context.Context, status string, each func(p *page, ahead time.Duration) (more bool)) error {
	offset, limit := 0, pageLimit
	for range maxPages {
		p, ahead, err := c.page(ctx, status, offset, limit)
		switch {
		case errors.Is(err, errTooLong) && limit > 1:
			limit /= 3
			continue
		case err != nil:
			return err
		}
		for i := range p.rows {
			if p.rows[i].Status == "" {
				p.rows[i].Status = str(status) // the status of the request
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

func (c *Client) page(ctx context.Context, status string, offset, limit int) (p *page, ahead time.Duration, err error) {
	query := url.Values{}
	if status != "" {
		query.Set("status", status)
	}
	err = c.readPage(ctx, "incidents", query, offset, limit, func(ans *answer) error {
		got, err := decodePage(ans.body, offset)
		if date := serverTime(ans.header); !date.IsZero() {
			ahead = date.Sub(ans.gotAt)
		}
		p = &got
		return err
	})
	return p, ahead, err
}

// readPage requests the page of a list that begins at offset, with up to limit rows, and hands the whole answer to use.
func (c *Client) readPage(ctx context.Context, list string, query url.Values, offset, limit int, use func(*answer) error) error {
	query.Set("limit", strconv.Itoa(limit))
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

// openRows passes every incident that is not closed to each. It may pass one twice.
func (c *Client) openRows(ctx context.Context, each func(r *row, ahead time.Duration)) error {
	// The statuses are in the order of an incident's life, so an incident that moves on meanwhile is not missed.
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

// reach is how far back a reading of the list has come. The API says that the newest incident comes first, but not by which time.
// So reach learns the order from the rows. If the list is ordered by creation, all rows after a page are older than that page. If
// it is ordered by update, the rows after a page were updated earlier, so they were created earlier, too. In any other order, a
// list proves nothing until it ends.
type reach struct {
	end bool // the list ended
	// before is the newest time of the oldest page; zero if there is no page or the order proves nothing.
	before           time.Time
	created, updated order
}

// order checks whether the times of rows fall.
type order struct {
	least  time.Time
	fell   bool // at least once: rows of the same time prove nothing
	broken bool
}

// holds reports whether the list is in this order.
func (o *order) holds() bool { return o.fell && !o.broken }

// orderMargin is how far rows may be out of order: servers' clocks differ, and rows of the same time come in any order.
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

// covers reports whether all incidents created at or after bound were read.
func (r *reach) covers(bound time.Time) bool {
	return r.end || !r.before.IsZero() && r.before.Before(bound)
}

// add notes a page.
func (r *reach) add(p *page) {
	r.end = r.end || !p.more
	var created, updated []time.Time
	for i := range p.rows {
		at := p.rows[i].CreatedAt.time()
		if at.IsZero() {
			return // the row may be of any age, so the age of the page is unknown
		}
		created, updated = append(created, at), append(updated, cmp.Or(p.rows[i].UpdatedAt.time(), at))
	}
	r.created.add(created)
	r.updated.add(updated)
	var newest time.Time
	if !r.created.broken {
		newest = slices.MaxFunc(append(created, newest), time.Time.Compare)
	}
	if !r.updated.broken {
		newest = slices.MaxFunc(append(updated, newest), time.Time.Compare)
	}
	switch {
	case !r.created.holds() && !r.updated.holds():
		r.before = time.Time{}
	case r.before.IsZero() || newest.Before(r.before):
		r.before = newest
	}
}
