// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"
	"time"
	_ "time/tzdata" // for tz, where the system has no time zones: a container, Windows

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// textTemplate is a template of the configuration and its key there.
type textTemplate struct {
	key string
	t   *template.Template
}

// newTextTemplate compiles a template, and tries it on an alert to find mistakes. An empty text gives nil.
func newTextTemplate(key, source string) (*textTemplate, error) {
	if source == "" {
		return nil, nil
	}
	t, err := template.New(key).Option("missingkey=zero").Funcs(templateFuncs).Parse(source)
	if err != nil {
		return nil, unusable(err)
	}
	// Other failures depend on the alert: the sample may lack what real alerts have.
	err = t.Execute(&bounded{room: maxOutputBytes}, newTemplateData("sample", []Alert{sample}, Context{Members: 1}, Text))
	if err != nil && mistake.MatchString(err.Error()) {
		return nil, unusable(err)
	}
	return &textTemplate{key, t}, nil
}

// mistake matches the errors of a template that fails on every alert. The package has no types for them, only their texts.
var mistake = regexp.MustCompile(`can't evaluate field|template "[^"]*" not defined|exceeded maximum template depth|` +
	`wrong number of args for|wrong type for value; expected|expected \S+; found|error parsing regexp|unknown time zone`)

// goType matches the end of an error about a field that does not exist.
var goType = regexp.MustCompile(` in type \S+$`)

// unusable returns the error of a template that does not compile, and says where to find what templates may use.
func unusable(err error) error {
	return fmt.Errorf("%s; see docs/incidents.md#templates", goType.ReplaceAllString(templateError(err).Error(), ""))
}

// templateError returns err as one line that begins with the template's key.
func templateError(err error) error {
	return errors.New(text.Line(strings.TrimPrefix(err.Error(), "template: "), maxLineRunes))
}

// execute returns the template's output. If the template failed, execute has reported it, and ok is false.
func (r *Renderer) execute(t *textTemplate, data *templateData) (out string, ok bool) {
	out, err := t.output(data)
	if err != nil {
		r.onTemplateFailed(t.key, data.Alias, templateError(err))
	}
	return out, err == nil
}

// maxOutputBytes bounds the output of a template. It is more than any field holds, because white space around the text does not count.
// The caller cuts the text for its field.
const maxOutputBytes = 2 * maxDescriptionBytes

func (t *textTemplate) output(data *templateData) (string, error) {
	out := bounded{room: maxOutputBytes}
	if err := t.t.Execute(&out, data); err != nil && !errors.Is(err, errFull) {
		return "", err
	}
	return out.b.String(), nil
}

var errFull = errors.New("the output is full")

// bounded accepts output up to its bound, and then ends the execution.
type bounded struct {
	b    bytes.Buffer
	room int
}

func (w *bounded) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.b.Write(p[:n])
	if w.room -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

// templateData is what templates see. It has the names of Alertmanager's templates if the meaning is the same.
type templateData struct {
	templateAlert

	Alias  string
	Status string // always firing: a close changes no text
	// GroupLabels are Alertmanager's group_by labels, CommonLabels the labels that all members share.
	GroupLabels, CommonLabels KV
	ExternalURL               string
	// Members are the worst firing alerts of the incident, worst first. The first is also the dot itself.
	Members []templateAlert
	// MemberCount is the number of alerts that fire.
	MemberCount int
	// Continues is the number of the incident that this one continues; 0 if there is none.
	Continues int64
	// TruncatedAlerts is how many alerts of the group Alertmanager cut off.
	TruncatedAlerts int64
}

type templateAlert struct {
	Name         string
	Severity     string
	Labels       KV
	Annotations  KV
	StartsAt     time.Time
	GeneratorURL string
	Fingerprint  string
	// Links that are safe to click, or "".
	RunbookURL, DashboardURL, PanelURL, SourceURL, SilenceURL string
	// Values are the values of Grafana's queries, as text.
	Values string
}

// newTemplateData escapes the texts of alerts for the format.
func newTemplateData(alias string, firing []Alert, more Context, format Format) *templateData {
	d := &templateData{
		Alias:           format.escape(alias),
		Status:          "firing",
		GroupLabels:     newKV(firing[0].GroupLabels, format),
		CommonLabels:    newKV(commonLabels(firing), format),
		ExternalURL:     format.link(text.Link(firing[0].ExternalURL)),
		Members:         make([]templateAlert, len(firing)),
		MemberCount:     more.Members,
		Continues:       more.Continues,
		TruncatedAlerts: firing[0].Truncated,
	}
	for i := range firing {
		d.Members[i] = newTemplateAlert(&firing[i], format)
	}
	d.templateAlert = d.Members[0]
	return d
}

func newTemplateAlert(a *Alert, format Format) templateAlert {
	source := format.link(text.Link(a.GeneratorURL))
	return templateAlert{
		Name: format.escape(a.Name), Severity: a.Severity.String(), Labels: newKV(a.Labels, format),
		Annotations: newKV(a.Annotations, format), StartsAt: a.StartsAt, GeneratorURL: source, SourceURL: source,
		Fingerprint: format.escape(a.Fingerprint), Values: format.escape(a.Values),
		RunbookURL: format.link(runbookLink(a)), DashboardURL: format.link(dashboardLink(a)), PanelURL: format.link(panelLink(a)),
		SilenceURL: format.link(silenceLink(a)),
	}
}

func newKV(set labels.Set, format Format) KV {
	kv := make(KV, len(set))
	for _, l := range set {
		kv[format.name(l.Name)] = format.escape(l.Value)
	}
	return kv
}

// commonLabels returns the labels that have the same value in all alerts.
func commonLabels(alerts []Alert) labels.Set {
	var common labels.Set
	for _, l := range alerts[0].Labels {
		shared := true
		for i := range alerts[1:] {
			value, ok := alerts[1+i].Labels.Lookup(l.Name)
			shared = shared && ok && value == l.Value
		}
		if shared {
			common = append(common, l)
		}
	}
	return common
}

// sample stands for any alert when a template is tested at start.
var sample = Alert{
	Fingerprint: "0123456789abcdef",
	Name:        "Sample",
	Severity:    Medium,
	StartsAt:    time.Unix(0, 0).UTC(),
	Labels:      labels.Set{{Name: "alertname", Value: "Sample"}, {Name: "severity", Value: "warning"}},
	Annotations: labels.Set{{Name: "description", Value: "text"}, {Name: "summary", Value: "text"}},
}

// templateFuncs are the functions of Alertmanager's templates that keep a text pure
// (https://prometheus.io/docs/alerting/latest/notifications/#functions). "since" is missing: a text that changes with the clock
// would update its incident forever. The text is not HTML, so safeHtml and safeUrl change nothing.
var templateFuncs = template.FuncMap{
	"date":        func(layout string, t time.Time) string { return t.Format(layout) },
	"join":        func(sep string, s []string) string { return strings.Join(s, sep) },
	"match":       regexp.MatchString,
	"safeHtml":    func(s string) string { return s },
	"safeUrl":     func(s string) string { return s },
	"stringSlice": func(s ...string) []string { return s },
	"title":       func(s string) string { return cases.Title(language.AmericanEnglish).String(s) },
	"toLower":     strings.ToLower,
	"toUpper":     strings.ToUpper,
	"trimSpace":   strings.TrimSpace,
	"urlUnescape": url.QueryUnescape,
	"reReplaceAll": func(pattern, replacement, s string) (string, error) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return "", err
		}
		return re.ReplaceAllString(s, replacement), nil
	},
	"toJson": func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	},
	"tz": func(name string, t time.Time) (time.Time, error) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return time.Time{}, err
		}
		return t.In(loc), nil
	},
}
