// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// mark returns the alias tag that we wrote into the incident: from its tags, or from the last line of its description.
func (r *row) mark() (tag string, ok bool) {
	if i := slices.IndexFunc(r.Tags, incident.IsAliasTag); i >= 0 {
		return r.Tags[i], true
	}
	if alias, ok := incident.AliasOfDescription(string(r.Description)); ok {
		return incident.AliasTag(alias), true
	}
	return "", false
}

// noSource is what Alert24 shows of an incident that was created without a source (docs/api-quickstart).
const noSource = "api"

// otherSource reports whether the row names another tool's source. If the API refuses our source or shows another one in its place, the
// source of a row proves nothing. After a start, this is not known before the first create. So noSource proves nothing about a row with a
// mark of ours.
func (c *Client) otherSource(r *row) bool {
	if r.Source == noSource {
		if _, marked := r.mark(); marked {
			return false
		}
	}
	if instead := c.shownSource.Load(); instead != nil && *instead == r.Source {
		return false
	}
	return r.Source != "" && string(r.Source) != c.cfg.Source && !c.drops.has(fieldSource)
}

// learnSource notes which source the API shows for an incident just opened with w.
func (c *Client) learnSource(w *write, opened *row) {
	if w.Source != "" && opened.Source != "" && string(opened.Source) != w.Source {
		c.shownSource.Store(&opened.Source)
	}
}

// unidentifiable reports whether the row may be ours, but shows neither a source of its own nor tags nor a description.
func (r *row) unidentifiable() bool {
	return r.Source == noSource && r.Tags == nil && r.Description == ""
}

// whose returns the alias tag of a row of ours. It uses the alias that the API shows, else our tag, else the last line of the
// description. It never relies on the row's position or on a filter. maybe is false if the row is not ours. If the row may be ours, but
// does not show of which alias, the tag is "".
func (c *Client) whose(r *row) (tag string, maybe bool) {
	if c.otherSource(r) {
		return "", false
	}
	if r.Alias != "" {
		return incident.AliasTag(string(r.Alias)), true
	}
	tag, _ = r.mark()
	return tag, true
}

// foreign reports whether the incident that a create for alias met belongs to another tool: it names another source and lacks our
// mark.
func (c *Client) foreign(r *row, alias string) bool {
	tag, _ := r.mark()
	return c.otherSource(r) && tag != incident.AliasTag(alias)
}

// metForeign is the error of a create that met another tool's incident. If that incident is closed by the time of the answer, it no
// longer blocks the create, but we must not open it.
func metForeign(q *request, r *row) error {
	if !r.open() {
		return &Error{Op: q.op, Result: protocol.NotSent, FromAPI: true, Err: errForeignClosed}
	}
	return &Error{Op: q.op, Result: protocol.Foreign, FromAPI: true, Err: foreignError(r)}
}

var errForeignClosed = errors.New("another tool's incident had the alias and is closed now, so the create will be tried again")

func foreignError(r *row) error {
	if r.Number == 0 {
		return fmt.Errorf("an incident of source %q has the alias; close it, or set lifecycle::foreign to adopt", r.Source)
	}
	return fmt.Errorf("incident #%d of source %q has the alias; close it, or set lifecycle::foreign to adopt", r.Number, r.Source)
}

// metMargin is how much older than its create a row may look, by the answer's Date, which has whole seconds.
const metMargin = 5 * time.Second

// met reports whether a create met an open incident, which the API then left unchanged, although its answer does not say so. One of
// these is true:
//
//   - the incident is older than the request by the server's clock;
//   - it shows another severity, or a title that is not a cleaned form of the one that was sent.
func met(w *write, inc *row, ans *answer) bool {
	if created, date := inc.CreatedAt.time(), serverTime(ans.header); !created.IsZero() && !date.IsZero() {
		if created.Before(date.Add(-ans.gotAt.Sub(ans.sentAt) - metMargin)) {
			return true
		}
	}
	return inc.Severity != "" && !strings.EqualFold(string(inc.Severity), w.Severity) || inc.Title != "" && !cleaned(string(inc.Title), w.Title)
}

// cleaned reports whether an API that cleans text may have made shown of sent. Cleaning removes characters and writes signs as
// HTML. So all letters and digits of shown must occur in sent, in the same order.
func cleaned(shown, sent string) bool {
	rest := []rune(html.UnescapeString(sent))
	for _, r := range html.UnescapeString(shown) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		i := slices.Index(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

var errUnidentified = errors.New("the list shows an open incident that may be ours but shows neither alias, tags nor the alias line of its description")
