// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package senders

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

// step is a webhook, and all incidents after it.
type step struct {
	body string
	want []string
}

const (
	said     = " | It is broken"
	clusterA = "663da71245d85a9e:663da71245d85a9e | "
	clusterB = "dcf11e4f315513b2:dcf11e4f315513b2 | "
	noLabels = "e3b0c44298fc1c14:e3b0c44298fc1c14 | "
)

// shapes come from public bug reports about bridges to incident managers, with our own texts. In each of them a bridge lost an
// incident, merged two, opened one twice or left one open.
var shapes = map[string]struct {
	set   []string
	steps []step
}{
	"a shared summary is no shared problem": {steps: []step{
		{
			alertmanager(fires(`"alertname":"PodCrashes","namespace":"shop","pod":"cart-0"`), fires(`"alertname":"PodCrashes","namespace":"shop","pod":"cart-1"`)),
			[]string{"PodCrashes:d3a4955bb277efe6 | new medium" + said, "PodCrashes:f2925628e025d46c | new medium" + said},
		},
	}},
	"the start is in another time zone than the end": {steps: []step{
		{
			alertmanager(strings.Replace(fires(`"alertname":"HostDown","alertgroup":"hosts","instance":"7","severity":"error"`), "2026-11-23T20:37:15Z", "2026-11-24T04:37:15+08:00", 1)),
			[]string{"HostDown:7 | new high" + said},
		},
		{alertmanager(ends(`"alertname":"HostDown","alertgroup":"hosts","instance":"7","severity":"error"`)), []string{"HostDown:7 | resolved high" + said}},
	}},
	"one of a group ends, and fingerprints are empty": {steps: []step{
		{
			`{"version":"4","status":"firing","alerts":[` + strings.ReplaceAll(fires(`"alertname":"A","instance":"1"`)+","+fires(`"alertname":"B","instance":"1"`), `"endsAt"`, `"fingerprint":"","endsAt"`) + `]}`,
			[]string{"A:1 | new medium" + said, "B:1 | new medium" + said},
		},
		{
			`{"version":"4","status":"firing","alerts":[` + ends(`"alertname":"A","instance":"1"`) + "," + fires(`"alertname":"B","instance":"1"`) + `]}`,
			[]string{"A:1 | resolved medium" + said, "B:1 | new medium" + said},
		},
	}},
	"the value is a label, and old resolves are repeated": {
		set: []string{`receivers.alertmanager.alias.rules=[{matchers: ['rank!=""'], labels: [alertname, team]}]`},
		steps: []step{
			{alertmanager(fires(`"alertname":"RankLost","team":"red","rank":"1"`)), []string{"RankLost:red | new medium" + said}},
			{alertmanager(ends(`"alertname":"RankLost","team":"red","rank":"1"`), fires(`"alertname":"RankLost","team":"red","rank":"2"`)), []string{"RankLost:red | new medium" + said}},
			{alertmanager(fires(`"alertname":"RankLost","team":"red","rank":"3"`), ends(`"alertname":"RankLost","team":"red","rank":"2"`), ends(`"alertname":"RankLost","team":"red","rank":"1"`)), []string{"RankLost:red | new medium" + said}},
			{alertmanager(ends(`"alertname":"RankLost","team":"red","rank":"3"`)), []string{"RankLost:red | resolved medium" + said}},
		},
	},
	"a resolve of what never fired": {steps: []step{{alertmanager(ends(`"alertname":"Short","instance":"1"`)), nil}}},
	"neither name nor instance": {steps: []step{
		{alertmanager(fires(`"cluster":"a"`), fires(`"cluster":"b"`), fires(``)), []string{clusterA + "new medium" + said, clusterB + "new medium" + said, noLabels + "new medium" + said}},
		{alertmanager(ends(``)), []string{clusterA + "new medium" + said, clusterB + "new medium" + said, noLabels + "resolved medium" + said}},
	}},
	"a log line is a label": {steps: []step{
		{alertmanager(fires(`"alertname":"LogErrors","node":"n1","logmsg":"` + strings.Repeat(`panic:\n\tx\u0000 `, 3000) + `"`)), []string{"LogErrors:4f19df6e0385f633 | new medium" + said}},
		{alertmanager(ends(`"alertname":"LogErrors","node":"n1","logmsg":"` + strings.Repeat(`panic:\n\tx\u0000 `, 3000) + `"`)), []string{"LogErrors:4f19df6e0385f633 | resolved medium" + said}},
	}},
	"resolved by a gap in the data, and firing on with its old start": {steps: []step{
		{alertmanager(fires(`"alertname":"Offline","instance":"edge-1"`)), []string{"Offline:edge-1 | new medium" + said}},
		{alertmanager(ends(`"alertname":"Offline","instance":"edge-1"`)), []string{"Offline:edge-1 | resolved medium" + said}},
		{alertmanager(fires(`"alertname":"Offline","instance":"edge-1"`)), []string{"Offline:edge-1 | resolved medium" + said, "Offline:edge-1 | new medium" + said}},
	}},
	"an example of an integration's page, with a line after it": {steps: []step{
		{
			`{"receiver":"x","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"HighErrors","severity":"critical","service":"api"},"annotations":{"summary":"It is broken"},"fingerprint":"abc123"}],"externalURL":"https://alertmanager.example.com"}` + "\r\n\n",
			[]string{"HighErrors:bb614b79eff2ca97 | new critical" + said},
		},
	}},
}

func TestShapesFromTheField(t *testing.T) {
	t.Parallel()
	for name, c := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, collector := kit.StartCollector(t, c.set...)
			for _, step := range c.steps {
				send(t, collector, step.body)
				states(t, s, step.want...)
			}
		})
	}
}

// A repeat changes nothing, whatever its form. So it writes nothing either.
func TestRepeatsWriteNothing(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t)
	body := alertmanager(fires(`"alertname":"A","instance":"1","job":"x"`))
	send(t, c, body)
	kit.OnlyIncident(t, s, kit.IsOpen)
	kit.Eventually(t, func(context.Context) error {
		if s.Stats().Requests[string(fault.List)] == 0 {
			return errors.New("the check at the start has not come")
		}
		return nil
	})
	before := len(s.Requests())
	for _, again := range []string{
		body,
		strings.Replace(body, `"instance":"1","job":"x"`, `"job":"x","instance":"1"`, 1),
		strings.Replace(body, `"version":"4"`, `"version":"4","notification_reason":"repeat interval elapsed"`, 1),
		strings.Replace(body, "2026-11-23T20:37:15Z", "2026-11-23T21:37:15+01:00", 1),
	} {
		send(t, c, again)
	}
	kit.AtRest(t, s, 0)
	assert.Len(t, s.Requests(), before)
}

// A body that is not a webhook of alerts is refused. The error line says what is missing.
func TestOtherSendersAreToldWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, c := kit.StartCollector(t)
	for body, want := range map[string]string{
		// Prometheus itself, configured to send to the bridge instead of an Alertmanager.
		`[{"labels":{"alertname":"A"},"startsAt":"2026-11-23T20:37:15Z"}]`: "the body is a list, as Prometheus sends it: point Prometheus at Alertmanager, and Alertmanager's webhook_configs here\n",
		// Grafana before unified alerting.
		`{"evalMatches":[{"value":15.7,"metric":"load"}],"ruleId":2,"ruleName":"Load","state":"alerting","title":"[Alerting] Load"}`: `there is no "alerts" list, as in a custom payload or a notification of Grafana before version 8: ` +
			"send webhooks as Alertmanager makes them\n",
	} {
		status, answer, err := kit.Send(t.Context(), t, kit.Client(), c.Webhook, harness.WebhookToken, nil, []byte(body))
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Equal(t, want, answer)
	}
}
