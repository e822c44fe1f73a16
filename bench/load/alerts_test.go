// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/hex"
	"hash/fnv"
	"strconv"
)

// alert is one alert of a webhook. Its index determines its labels, and so its alias.
type alert struct {
	index int
	// value is part of the description: the same alert with another value has another text.
	value    int
	severity string
}

// Alertmanager's webhook of one group, as JSON, without its alerts.
const (
	webhookHead = `{"receiver":"alert24","status":"firing","alerts":[`
	webhookTail = `],"groupLabels":{"alertname":"HighErrorRate","job":"api-service"},` +
		`"commonLabels":{"alertname":"HighErrorRate","job":"api-service"},` +
		`"commonAnnotations":{"runbook_url":"https://wiki.example.com/runbooks/high-error-rate"},` +
		`"externalURL":"https://alertmanager.example.com","version":"4",` +
		`"groupKey":"{}/{severity=~\"critical|warning\"}:{alertname=\"HighErrorRate\", job=\"api-service\"}","truncatedAlerts":0}`
)

// appendWebhook appends the webhook of alerts to b.
func appendWebhook(b []byte, alerts []alert) []byte {
	b = append(b, webhookHead...)
	for i, a := range alerts {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.appendJSON(b)
	}
	return append(b, webhookTail...)
}

// appendJSON appends the alert of a well-labelled service, about 1 KiB. It builds the JSON by hand, because it must cost little
// compared to what the benchmark measures.
func (a alert) appendJSON(b []byte) []byte {
	n := strconv.Itoa(a.index)
	b = append(b, `{"status":"firing","labels":{"alertname":"HighErrorRate","cluster":"prod-eu-west-1","container":"api","instance":"api-`...)
	b = append(b, n...)
	b = append(b, `.prod:9090","job":"api-service","namespace":"payments","pod":"api-service-7d4b9c6f5-`...)
	b = append(b, n...)
	b = append(b, `","prometheus":"monitoring/k8s","severity":"`...)
	b = append(b, a.severity...)
	b = append(b, `","team":"backend"},"annotations":{"dashboard_url":"https://grafana.example.com/d/api?var-pod=api-service-7d4b9c6f5-`...)
	b = append(b, n...)
	b = append(b, `","description":"Error rate is `...)
	b = strconv.AppendInt(b, int64(a.value), 10)
	b = append(b, `.3% on api-service-7d4b9c6f5-`...)
	b = append(b, n...)
	b = append(b, ` (job: api-service) for more than two minutes; the budget of the month is burning.",`+
		`"runbook_url":"https://wiki.example.com/runbooks/high-error-rate","summary":"High error rate on api-`...)
	b = append(b, n...)
	b = append(b, `.prod"},"startsAt":"2026-11-23T20:37:15.725Z","endsAt":"0001-01-01T00:00:00Z",`+
		`"generatorURL":"http://prometheus.example.com:9090/graph?g0.expr=rate%28http_requests_total%7Bcode%3D~%225..%22%7D%5B5m%5D%29+%3E+0.05&g0.tab=1",`+
		`"fingerprint":"`...)
	h := fnv.New64a()
	_, _ = h.Write([]byte(n))
	b = hex.AppendEncode(b, h.Sum(nil))
	return append(b, `"}`...)
}
