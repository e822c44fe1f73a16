// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Create opens an incident. If the API finds an open incident with the alias, it returns that one unchanged. Then the answer says
// Met, or [protocol.Foreign] if the incident is not ours.
func (c *Client) Create(ctx context.Context, d Draft) (protocol.Answer, error) {
	w := createBody(&d, c.cfg.InitialStatus)
	r := request{op: "create incident", kind: protocol.Create, method: http.MethodPost, path: "/incidents"}
	a := protocol.Answer{Sent: protocol.Of(&d.Content)}
	var inc row
	err := c.write(ctx, &r, d.Alias, &w, func(ans *answer) (err error) {
		if ans.cut != nil {
			return ans.cut
		}
		var deduplicated bool
		if inc, deduplicated, err = decodeIncident(ans.body); err != nil {
			return err
		}
		a.Deduplicated = deduplicated
		a.Met = deduplicated || met(&w, &inc, ans)
		return checkID(string(inc.ID))
	})
	a.Sent.Sent = w.hashes()
	if err == nil {
		if a.Met && inc.unidentifiable() {
			if all, err := c.read(ctx, protocol.Create, string(inc.ID)); err == nil {
				inc = all
			}
		}
		a.Incident = inc.shown()
		if !a.Met {
			c.learnSource(&w, &inc)
		}
		if a.Met && !c.cfg.Adopt && c.foreign(&inc, d.Alias) {
			err = metForeign(&r, &inc)
		}
	} else {
		a.Met, a.Deduplicated = false, false
	}
	return conclude(a, err)
}

// Read returns one incident, before an update or a close that pages people again.
func (c *Client) Read(ctx context.Context, id string) (protocol.Answer, error) {
	inc, err := c.read(ctx, protocol.Update, id)
	return conclude(protocol.Answer{Incident: inc.shown()}, err)
}

func (c *Client) read(ctx context.Context, kind protocol.Kind, id string) (inc row, err error) {
	r := about("read incident", kind, http.MethodGet, id)
	err = c.send(ctx, &r, func(ans *answer) (err error) {
		if ans.cut != nil {
			return ans.cut
		}
		if inc, _, err = decodeIncident(ans.body); err != nil {
			return err
		}
		switch {
		case string(inc.ID) != id:
			return errors.New("it is about another incident")
		case inc.Status == "":
			return errors.New("it does not show the incident's status")
		}
		return nil
	})
	return inc, err
}

// Update writes the fields of d that are in the set. Answer.Wrote lacks those that the API refused. If no field is left, Update
// sends nothing and returns Done. Any 2xx means that the update was carried out, whatever the body says.
func (c *Client) Update(ctx context.Context, id string, d Draft, fields protocol.FieldSet) (protocol.Answer, error) {
	w := updateBody(&d, fields)
	a := protocol.Answer{Sent: protocol.Of(&d.Content), Incident: protocol.Shown{ID: id}}
	r := about("update incident", protocol.Update, http.MethodPut, id)
	err := c.write(ctx, &r, d.Alias, &w, func(ans *answer) error {
		a.Incident = seen(id, ans)
		return nil
	})
	a.Wrote = w.fields()
	return conclude(a, err)
}

// Close closes the incident with this end; a zero time is not sent.
func (c *Client) Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error) {
	return c.setStatus(ctx, about("close incident", protocol.Close, http.MethodPut, id), closeBody(at))
}

// Reopen opens a closed incident again.
func (c *Client) Reopen(ctx context.Context, id string) (protocol.Answer, error) {
	return c.setStatus(ctx, about("reopen incident", protocol.Reopen, http.MethodPut, id), reopenBody)
}

func (c *Client) setStatus(ctx context.Context, r request, w write) (a protocol.Answer, err error) {
	r.body = w.encode()
	err = c.send(ctx, &r, func(ans *answer) error {
		a.Incident = seen(r.id, ans)
		return nil
	})
	return conclude(a, err)
}

// seen returns the incident as the answer shows it. If the answer shows nothing or another incident, only the id is set.
func seen(id string, ans *answer) protocol.Shown {
	if ans.cut == nil {
		if inc, _, err := decodeIncident(ans.body); err == nil && string(inc.ID) == id && inc.Status != "" {
			return inc.shown()
		}
	}
	return protocol.Shown{ID: id}
}

// write sends w without the optional fields that the API refuses. On return, w is the last body sent.
func (c *Client) write(ctx context.Context, r *request, alias string, w *write, use func(*answer) error) error {
	c.drops.apply(alias, w, r.kind == protocol.Create)
	var refusals []refusal
	for !w.empty() {
		r.body = w.encode()
		err := c.send(ctx, r, use)
		if err == nil {
			c.drops.take(w)
			break
		}
		f, ok := w.refusedField(err)
		if !ok {
			return err
		}
		// The body loses one field per round, so the loop ends.
		refusals = append(refusals, refusal{f, w.value(f), err})
		w.clear(f)
	}
	c.drops.remember(alias, refusals)
	return nil
}

// conclude adds to an answer what the error tells.
func conclude(a protocol.Answer, err error) (protocol.Answer, error) {
	a.Result = ResultOf(err)
	if e, ok := errors.AsType[*Error](err); ok {
		a.RetryAfter = e.RetryAfter
		if e.Result != protocol.Foreign {
			a.Incident, a.Wrote = protocol.Shown{}, 0
		}
	}
	return a, err
}
