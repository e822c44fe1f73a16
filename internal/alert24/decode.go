// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// row is an incident as an answer shows it.
type row struct {
	ID          str   `json:"id"`
	Number      count `json:"incident_number"`
	Title       str   `json:"title"`
	Description str   `json:"description"`
	Severity    str   `json:"severity"`
	Status      str   `json:"status"`
	Alias       str   `json:"alias"` // the API may not repeat it
	Source      str   `json:"source"`
	Tags        strs  `json:"tags"`
	Services    strs  `json:"affected_services"`
	Impact      str   `json:"impact_description"`
	Labels      pairs `json:"labels"`
	StartedAt   str   `json:"started_at"`
	CreatedAt   str   `json:"created_at"`
	UpdatedAt   str   `json:"updated_at"`
}

// open reports whether the incident is not closed. An unknown status counts as open. The web UI writes statuses with capitals, so case does
// not count.
func (r *row) open() bool {
	return !strings.EqualFold(string(r.Status), "resolved") && !strings.EqualFold(string(r.Status), "postmortem")
}

// shown returns what the protocol needs to know of the row.
func (r *row) shown() protocol.Shown {
	says := write{
		Title: string(r.Title), Description: string(r.Description), Severity: string(r.Severity), Tags: r.Tags,
		AffectedServices: r.Services, ImpactDescription: string(r.Impact), Labels: labels.Set(r.Labels),
	}
	return protocol.Shown{
		ID: string(r.ID), Number: int64(r.Number), Seen: r.Status != "", Open: r.open(),
		CreatedAt: r.CreatedAt.time(), StartedAt: cmp.Or(r.StartedAt.time(), r.CreatedAt.time()),
		Fields: says.hashes(),
	}
}

// frame is an incident, or the frame around one.
type frame struct {
	row
	Data         part `json:"data"`
	Incident     part `json:"incident"`
	Meta         part `json:"meta"`
	Deduplicated flag `json:"deduplicated"`
}

// part is an object within an answer; nil if the answer has another value in its place.
type part struct{ *frame }

func (p *part) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if p.frame = nil; dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	p.frame = new(frame)
	return json.UnmarshalDecode(dec, p.frame)
}

// decodeIncident reads an answer about one incident, and whether the answer says that a create met this incident. The incident is
// in "data", in "incident" within "data", or in "incident".
func decodeIncident(body []byte) (inc row, deduplicated bool, err error) {
	var top, none frame
	if err := decode(body, &top); err != nil {
		return row{}, false, err
	}
	data, meta := cmp.Or(top.Data.frame, &none), cmp.Or(top.Meta.frame, &none)
	deduplicated = bool(top.Deduplicated || data.Deduplicated || meta.Deduplicated)
	within := cmp.Or(data.Incident.frame, top.Incident.frame, top.Data.frame)
	if within == nil {
		return row{}, deduplicated, errors.New(`it has no "data"`)
	}
	return within.row, deduplicated || bool(within.Deduplicated), nil
}

// page is one page of the list.
type page struct {
	rows []row
	more bool
}

// decodePage reads a page that begins at offset. If the frame does not clearly say whether more rows follow, that is an error: a
// caller would take the page for the whole list.
func decodePage(body []byte, offset int) (page, error) {
	var meta struct {
		Total   *int  `json:"total"`
		Offset  *int  `json:"offset"`
		HasMore *bool `json:"has_more"`
	}
	var all []row
	rawMeta, err := decodeList(body, "incidents", &all)
	switch {
	case err != nil:
		return page{}, err
	case len(rawMeta) == 0 || decode(rawMeta, &meta) != nil || meta.Total == nil || meta.HasMore == nil:
		return page{}, errors.New(`its "meta" lacks "total" or "has_more"`)
	}
	n, total, more := len(all), *meta.Total, *meta.HasMore
	switch {
	case meta.Offset != nil && *meta.Offset != offset:
		return page{}, fmt.Errorf("it begins at offset %d, not at %d", *meta.Offset, offset)
	case more && n == 0:
		return page{}, errors.New("it is empty and says that more follows")
	case !more && total > offset+n:
		return page{}, fmt.Errorf("it says that no more rows follow, but %d of %d are missing", total-offset-n, total)
	}
	for i := range all {
		if err := checkID(string(all[i].ID)); err != nil {
			return page{}, err
		}
	}
	return page{rows: all, more: more}, nil
}

// decodeList reads the rows of a list, which are in "data" or under the list's name. It also returns the list's metadata.
func decodeList(body []byte, name string, rows any) (meta object, err error) {
	var ans struct {
		Data      list   `json:"data"`
		Incidents list   `json:"incidents"`
		Services  list   `json:"services"`
		Meta      object `json:"meta"`
	}
	if err := decode(body, &ans); err != nil {
		return nil, err
	}
	named := map[string]list{"incidents": ans.Incidents, "services": ans.Services}[name]
	if (len(ans.Data) > 0) == (len(named) > 0) {
		return nil, fmt.Errorf(`it has no list in "data" or %q`, name)
	}
	return ans.Meta, decode(slices.Concat(ans.Data, named), rows)
}

// maxIDBytes bounds an incident's id. Alert24 uses UUIDs, but documents ids as opaque.
const maxIDBytes = 255

// checkID reports whether id is safe in a path.
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("no incident id")
	case len(id) > maxIDBytes, id == ".", id == "..", text.HasControl(id):
		return errors.New("no usable incident id")
	}
	return nil
}

// createdAhead returns when the row was created by our clock, if the server's clock is ahead by this much; zero if the row does not
// show it.
func (r *row) createdAhead(ahead time.Duration) time.Time {
	at := r.CreatedAt.time()
	if at.IsZero() {
		return at
	}
	return at.Add(-ahead)
}
