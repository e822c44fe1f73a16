// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// optional has the optional fields of a create, and what to change if an API refuses them.
var optional = map[string]string{
	"labels": "incident::send_labels: never",
	"source": "incident::source: one that the API takes",
	"status": `incident::initial_status: ""`,
	"tags":   "nothing: the bridge leaves tags out by itself; lookups then depend on the alias and the description",
}

var optionalOrder = slices.Sorted(maps.Keys(optional))

var optionalName = regexp.MustCompile(`\b(` + strings.Join(optionalOrder, "|") + `)\b`)

// create opens the first incident.
func (r *run) create(ctx context.Context) {
	answer, inc, which := r.firstPost(ctx)
	f := Finding{Point: "create", Title: "a create opens an incident", Expected: "HTTP 200 or 201 and the incident", Level: OK, Behaviour: "created", Seen: answer.summary()}
	switch {
	case answer.status == http.StatusForbidden:
		f.Level, f.Behaviour, f.Change = Change, "scope", "api_key: create a key with scope write"
	case answer.status == http.StatusPaymentRequired:
		f.Level, f.Behaviour, f.Change = Problem, "plan", "none: the plan of the organization does not include it"
	case answer.refused():
		f.Level, f.Behaviour, f.Change = Problem, "refused", "see the message of the API: the bridge would park every create"
	case !answer.ok():
		f.Level, f.Behaviour, f.Change = Problem, "failed", "none: the API fails"
	case which == nil || inc.envelope == bare:
		f.Level, f.Behaviour, f.Change = Problem, "not_readable", "none: the bridge does not understand the answer, and looks up after each create"
	default:
		f.Seen = answer.summary() + ", incident " + which.number
	}
	r.find(f)
	if which == nil {
		r.report.Stopped = "no incident can be opened"
		return
	}
	r.refusedFields()
	r.first, r.shown = which, inc
	r.form("create_status", "status of a create", strconv.Itoa(answer.status), "201", "200")
	r.form("envelope", "where an answer has the incident", inc.envelope, inData, inDataIncident, inIncident)
}

// form reports a form of answers. The bridge copes with each of the known ones.
func (r *run) form(point, title, form string, known ...string) {
	f := Finding{Point: point, Title: title, Level: OK, Behaviour: form, Expected: strings.Join(known, ", or "), Seen: form}
	if !slices.Contains(known, form) {
		f.Level = Problem
		f.Change = "none: the bridge does not read this form"
	}
	r.find(f)
}

// firstPost creates an incident. It leaves out the optional fields that the API refuses: the named field, or else one after the
// other.
func (r *run) firstPost(ctx context.Context) (answer *reply, inc seen, which *opened) {
	for {
		answer, inc, which = r.post(ctx, "")
		field := r.named(answer.message())
		if !answer.refused() || field == "" {
			return answer, inc, which
		}
		r.dropped = append(r.dropped, field)
	}
}

// named returns the first optional field that a message names, or the next one if it names none; "" if none is left.
func (r *run) named(message string) string {
	body := r.body("")
	left := slices.DeleteFunc(slices.Clone(optionalOrder), func(name string) bool { return !body.has(name) })
	for _, name := range optionalName.FindAllString(message, -1) {
		if slices.Contains(left, name) {
			return name
		}
	}
	if len(left) == 0 {
		return ""
	}
	return left[0]
}

// refusedFields reports which optional fields a create cannot have.
func (r *run) refusedFields() {
	f := Finding{
		Point: "refused_fields", Title: "optional fields of a create", Expected: "all are accepted: " + strings.Join(optionalOrder, ", "),
		Level: OK, Behaviour: "none", Seen: "all are accepted",
	}
	if len(r.dropped) > 0 {
		f.Level, f.Behaviour, f.Seen = Change, strings.Join(r.dropped, ","), "refused: "+strings.Join(r.dropped, ", ")
		var changes []string
		for _, name := range r.dropped {
			changes = append(changes, optional[name])
		}
		f.Change = strings.Join(changes, "; ")
		if len(r.dropped) == 1 && r.dropped[0] == "tags" {
			f.Level, f.Change = Note, ""
		}
	}
	r.find(f)
}

// again sends the same create with another text.
func (r *run) again(ctx context.Context) {
	const more = " (once more)"
	answer, inc, which := r.post(ctx, more)
	f := Finding{
		Point: "again", Title: "the same create again, with another text", Expected: "the open incident, unchanged: an update follows",
		Level: OK, Behaviour: "unchanged", Seen: answer.summary(),
	}
	switch {
	case which == nil:
		f.Level, f.Behaviour, f.Change = Problem, "failed", "none: the bridge looks up before it repeats a create, so this costs lookups"
	case which != r.first:
		f.Level, f.Behaviour, f.Seen = Problem, "second", "a second incident, "+which.number+": the alias does not deduplicate"
		f.Change = "timeout: raise it, since each create without an answer can leave a second incident, which the bridge then closes"
	default:
		now := r.read(ctx, r.first)
		if now.object == nil {
			now = inc
		}
		f.Seen = answer.summary() + ", " + which.number + " again, its text is unchanged"
		if now.text("title") == r.title(more) {
			f.Level, f.Behaviour, f.Seen = Note, "merged", answer.summary()+", "+which.number+" again, with the new text"
		}
	}
	r.find(f)
	if which != r.first || which == nil {
		return
	}
	r.form("again_status", "status of a create that met an open incident", strconv.Itoa(answer.status), "200", "201")
	r.form("again_envelope", "where the answer to such a create has the incident", inc.envelope, inData, inDataIncident, inIncident)
	where := Finding{
		Point: "deduplicated", Title: "where such an answer says deduplicated", Expected: "at the top, in data, or in meta",
		Level: OK, Behaviour: inc.deduplicated, Seen: inc.deduplicated,
	}
	if inc.deduplicated == absent {
		where.Level, where.Seen = Note, "nowhere: the bridge compares what the answer shows"
		if f.Behaviour == "merged" {
			where.Level = OK
		}
	}
	r.find(where)
	count := Finding{
		Point: "dedup_count", Title: "whether an answer counts such creates", Expected: "the bridge does not need it", Level: OK, Behaviour: "not_shown", Seen: "no dedup_count",
	}
	if inc.has("dedup_count") {
		count.Behaviour, count.Seen = "shown", "dedup_count: "+inc.text("dedup_count")
	}
	r.find(count)
}
