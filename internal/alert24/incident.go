// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Write is the body of a create or an update. Zero values are left out.
type Write struct {
	Title, Description string
	// Severity is critical, high, medium or low.
	Severity string
	// Status is one of the API's statuses; the API's own default is open.
	Status string
	// Alias is the deduplication key.
	Alias string
	// Source names the system that the incident comes from.
	Source            string
	ImpactDescription string
	// AssignedTo is a user's id, AffectedServices are services' ids.
	AssignedTo       string
	Labels           labels.Set
	Tags             []string
	AffectedServices []string
	ResolvedAt       time.Time
}

// Incident is what the API says of an incident, as far as it said it.
type Incident struct {
	ID                    string
	Number                int64
	Title, Description    string
	Severity, Status      string
	Alias                 string // the API may not repeat it
	Source                string
	Tags                  []string
	StartedAt, CreatedAt  time.Time
	UpdatedAt, ResolvedAt time.Time
}

// OpenStatuses are the statuses of an incident that is not over (Alert24's reference of the incidents API).
var OpenStatuses = []string{"new", "acknowledged", "open", "investigating", "identified", "monitoring"}

// Open says whether the incident is not over. A status that we do not know counts as open.
func (i Incident) Open() bool { return i.Status != "resolved" && i.Status != "postmortem" }

type wireWrite struct {
	Title             string     `json:"title,omitempty"`
	Description       string     `json:"description,omitempty"`
	Severity          string     `json:"severity,omitempty"`
	Status            string     `json:"status,omitempty"`
	Alias             string     `json:"alias,omitempty"`
	Source            string     `json:"source,omitempty"`
	Labels            labels.Set `json:"labels,omitempty"`
	Tags              []string   `json:"tags,omitempty"`
	AffectedServices  []string   `json:"affected_services,omitempty"`
	ImpactDescription string     `json:"impact_description,omitempty"`
	AssignedTo        string     `json:"assigned_to,omitempty"`
	ResolvedAt        string     `json:"resolved_at,omitempty"`
}

// encode returns w as JSON: the same bytes for the same w.
func (w *Write) encode() []byte {
	out := wireWrite{
		Title: w.Title, Description: w.Description, Severity: w.Severity, Status: w.Status, Alias: w.Alias,
		Source: w.Source, Labels: w.Labels, Tags: w.Tags, AffectedServices: w.AffectedServices,
		ImpactDescription: w.ImpactDescription, AssignedTo: w.AssignedTo,
	}
	if !w.ResolvedAt.IsZero() {
		out.ResolvedAt = w.ResolvedAt.UTC().Format(time.RFC3339Nano)
	}
	// Bytes that are no UTF-8 become U+FFFD. Two label names may thereby become one.
	b, err := json.Marshal(&out, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if err != nil {
		panic(fmt.Sprintf("alert24: strings do not encode: %v", err)) // no field can fail
	}
	return b
}

type wireIncident struct {
	ID          text  `json:"id"`
	Number      count `json:"incident_number"`
	Title       text  `json:"title"`
	Description text  `json:"description"`
	Severity    text  `json:"severity"`
	Status      text  `json:"status"`
	Alias       text  `json:"alias"`
	Source      text  `json:"source"`
	Tags        texts `json:"tags"`
	StartedAt   text  `json:"started_at"`
	CreatedAt   text  `json:"created_at"`
	UpdatedAt   text  `json:"updated_at"`
	ResolvedAt  text  `json:"resolved_at"`
}

func (w *wireIncident) incident() Incident {
	return Incident{
		ID: string(w.ID), Number: int64(w.Number), Title: string(w.Title), Description: string(w.Description),
		Severity: string(w.Severity), Status: string(w.Status), Alias: string(w.Alias), Source: string(w.Source),
		Tags: w.Tags, StartedAt: w.StartedAt.time(), CreatedAt: w.CreatedAt.time(),
		UpdatedAt: w.UpdatedAt.time(), ResolvedAt: w.ResolvedAt.time(),
	}
}

func decodeIncident(body []byte) (Incident, error) {
	var ans struct {
		Data *wireIncident `json:"data"`
	}
	if err := decode(body, &ans); err != nil {
		return Incident{}, err
	}
	if ans.Data == nil {
		return Incident{}, errors.New(`it has no "data"`)
	}
	return ans.Data.incident(), nil
}

func decodePage(body []byte, offset int) (Page, error) {
	var ans struct {
		Data *[]wireIncident `json:"data"`
		Meta struct {
			Total   *int  `json:"total"`
			Offset  *int  `json:"offset"`
			HasMore *bool `json:"has_more"`
		} `json:"meta"`
	}
	if err := decode(body, &ans); err != nil {
		return Page{}, err
	}
	meta := ans.Meta
	switch {
	case ans.Data == nil:
		return Page{}, errors.New(`it has no "data"`)
	case meta.Total == nil || meta.HasMore == nil:
		return Page{}, errors.New(`its "meta" lacks "total" or "has_more"`)
	}
	rows, total, more := len(*ans.Data), *meta.Total, *meta.HasMore
	switch {
	case meta.Offset != nil && *meta.Offset != offset:
		return Page{}, fmt.Errorf("it begins at offset %d, not at %d", *meta.Offset, offset)
	case more && rows == 0:
		return Page{}, errors.New("it is empty and says that more follows")
	case !more && total > offset+rows:
		return Page{}, fmt.Errorf("it says that nothing follows, yet lacks %d of %d", total-offset-rows, total)
	}
	page := Page{Incidents: make([]Incident, 0, rows), HasMore: more, Total: total}
	for i := range *ans.Data {
		inc := (*ans.Data)[i].incident()
		if err := checkID(inc.ID); err != nil {
			return Page{}, err
		}
		page.Incidents = append(page.Incidents, inc)
	}
	return page, nil
}

// decode is strict about the frame (one whole JSON value, nothing after it) and lenient about the rest.
func decode(body []byte, v any) error {
	if len(body) == 0 {
		return errors.New("it is empty")
	}
	// The decoder's error repeats what it read; that it is not the API's answer is all there is to say.
	if json.Unmarshal(body, v, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) != nil {
		return errors.New("it is not the JSON that the API documents")
	}
	return nil
}

// checkID says whether id can stand in a path.
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("no incident id")
	case len(id) > maxIDBytes, id == ".", id == "..", strings.ContainsFunc(id, unicode.IsControl):
		return errors.New("no usable incident id")
	}
	return nil
}

// The types below take a JSON value of the kind they expect and pass over any other: a field that we can do without
// must not turn an incident that was opened into one that may have been.
type (
	text  string
	texts []string
	count int64
)

func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '"', '0': // a number stands for its digits: ids are opaque
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		*t = text(tok.String())
		return nil
	default:
		return dec.SkipValue()
	}
}

// time returns the zero time for what is no timestamp, or one that a zone moves to a year that JSON cannot write.
func (t text) time() time.Time {
	at, err := time.Parse(time.RFC3339Nano, string(t))
	if at = at.UTC(); err != nil || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}

func (t *texts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	var list []text
	if err := json.UnmarshalDecode(dec, &list); err != nil {
		return err
	}
	*t = make(texts, 0, len(list))
	for _, s := range list {
		*t = append(*t, string(s))
	}
	return nil
}

func (n *count) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '0' {
		return dec.SkipValue()
	}
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if v, err := tok.Int(); err == nil {
		*n = count(v)
	}
	return nil
}
