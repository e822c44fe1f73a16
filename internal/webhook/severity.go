// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
)

// severityNumbers follow the log data model's mapping of syslog, with the other words people use beside the syslog
// word of the same urgency.
// Source: https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings
var severityNumbers = map[string]plog.SeverityNumber{
	"emergency": plog.SeverityNumberFatal,
	"emerg":     plog.SeverityNumberFatal,
	"fatal":     plog.SeverityNumberFatal,
	"disaster":  plog.SeverityNumberFatal,

	"alert": plog.SeverityNumberError3,

	"critical": plog.SeverityNumberError2,
	"crit":     plog.SeverityNumberError2,
	"page":     plog.SeverityNumberError2,
	"p1":       plog.SeverityNumberError2,
	"sev1":     plog.SeverityNumberError2,

	"error": plog.SeverityNumberError,
	"err":   plog.SeverityNumberError,
	"high":  plog.SeverityNumberError,
	"major": plog.SeverityNumberError,
	"p2":    plog.SeverityNumberError,
	"sev2":  plog.SeverityNumberError,

	"warning": plog.SeverityNumberWarn,
	"warn":    plog.SeverityNumberWarn,
	"medium":  plog.SeverityNumberWarn,
	"minor":   plog.SeverityNumberWarn,
	"p3":      plog.SeverityNumberWarn,
	"sev3":    plog.SeverityNumberWarn,

	"notice": plog.SeverityNumberInfo2,

	"info":          plog.SeverityNumberInfo,
	"informational": plog.SeverityNumberInfo,
	"low":           plog.SeverityNumberInfo,
	"p4":            plog.SeverityNumberInfo,
	"p5":            plog.SeverityNumberInfo,
	"sev4":          plog.SeverityNumberInfo,
	"sev5":          plog.SeverityNumberInfo,

	"debug": plog.SeverityNumberDebug,
}

// severityNumber returns the number of a severity label, in any case, and 0 for a word it does not know.
func severityNumber(label string) plog.SeverityNumber {
	if n, ok := severityNumbers[label]; ok {
		return n
	}
	return severityNumbers[strings.ToLower(strings.TrimSpace(label))]
}
