// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Labels are sent with the calls that the user wants, and a label that no update carries costs no call.
func TestCallsThatCarryLabels(t *testing.T) {
	type sent struct{ create, update, updates int }
	for mode, want := range map[incident.SendLabels]sent{
		incident.LabelsInCreates: {create: 1, update: 0, updates: 1},
		incident.LabelsAlways:    {create: 1, update: 2, updates: 2},
		incident.LabelsNever:     {create: 0, update: 0, updates: 1},
	} {
		t.Run(string(mode), func(t *testing.T) {
			inWorld(t, options{content: func(c *incident.Config) {
				c.SendLabels = mode
				c.Tags.Labels = nil                          // which say the labels as well,
				c.Description = "{{ .Annotations.summary }}" // as the default description does
			}}, func(w *world) {
				ev := firing(alias, incident.High, "first")
				w.apply(ev)
				w.fire(alias, incident.High, "second")
				other := alert(alias, incident.High, "second")
				other.Labels = labels.New(labels.Label{Name: "alertname", Value: "HighErrorRate"}, labels.Label{Name: "pod", Value: "api-2"})
				ev.Alert = incident.Pack(&other)
				w.pass(time.Minute)
				w.apply(ev)
				var got sent
				for _, r := range w.Requests() {
					has := 0
					if strings.Contains(r.Body, `"labels":{`) {
						has = 1
					}
					switch r.Method {
					case http.MethodPost:
						got.create += has
					case http.MethodPut:
						got.updates++
						got.update += has
					}
				}
				assert.Equal(t, want, got)
			})
		})
	}
}
