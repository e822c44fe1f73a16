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
