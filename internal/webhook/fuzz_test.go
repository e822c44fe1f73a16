// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// awkward bodies have an error in one of the alerts, or the same alert twice.
var awkward = []string{
	`{"alerts":[]}`, `{"alerts":[1,{"status":"firing"},null,{"status":"resolved"},[]]}`,
	`{"alerts":[{"status":"resolved","labels":{"a":"b"}},{"status":"firing","labels":{"a":"b"}}],"groupLabels":{"c":{}}}`,
	`{"alerts":[{"status":" FIRING","labels":{"a":{"b":[1, null,"\u0000"]},"c":null,"d":1e5,"e":true},"startsAt":""}]}`,
	`{"alerts":[{"status":"firing","labels":{"a":"1","a":"2"}},{"status":"firing","annotations":{"a":"1","a":"2"},"endsAt":7}]}`,
	`{"version":"1","alerts":[{"status":"firing","fingerprint":"x","values":{"A":"NaN","B":1},"silenceURL":"http://g/?matcher=__alert_rule_uid__%3Du"}]}`,
	`{"alerts":[{"status":"firing","labels":[]}],"alerts":[]}`, `{"alerts":null}`, `{`, ``,
}

// FuzzDecode: whatever decodes is valid JSON for the standard library, too. Each usable alert becomes one sound record within the limits.
// Reading in chunks gives the same records, firing alerts first.
func FuzzDecode(f *testing.F) {
	for _, file := range webhookFiles(f) {
		if body := readFile(f, file); len(body) < 16<<10 {
			f.Add(body)
		}
	}
	for _, body := range awkward {
		f.Add([]byte(body))
	}
	o := testOptions()
	o.LabelsPerAlert, o.ValueBytes = 5, 64
	conv := testConverter(o)
	chunked := newReader(1)
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := Decode(body)
		chunks, skipped, errChunks := readChunks(chunked, conv, body)
		require.Equal(t, err == nil, errChunks == nil) // the texts may differ, because skipped values are not decoded
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.True(t, json.Valid(body))
		require.Equal(t, w.Skipped.String(), skipped)
		logs, _ := conv.Logs(w, testDelivery())
		require.Equal(t, len(w.Alerts), logs.LogRecordCount())
		for _, lr := range recordsOf(logs) {
			checkRecord(t, lr)
		}
		require.Equal(t, recordTexts(t, firingFirst(recordsOf(logs))), recordTexts(t, chunks))
	})
}

// readChunks returns the records of all chunks, in order.
func readChunks(r *Reader, conv *Converter, body []byte) (all []plog.LogRecord, skipped string, err error) {
	w, err := r.Open(body)
	if err != nil {
		return nil, "", err
	}
	for {
		more, err := r.Next()
		if err != nil || !more {
			return all, w.Skipped.String(), err
		}
		logs, _ := conv.Logs(w, testDelivery())
		all = append(all, recordsOf(logs)...)
	}
}

// firingFirst returns the records in the order of chunks.
func firingFirst(records []plog.LogRecord) []plog.LogRecord {
	slices.SortStableFunc(records, func(a, b plog.LogRecord) int {
		sa, _ := a.Attributes().Get(attrs.AlertStatus)
		sb, _ := b.Attributes().Get(attrs.AlertStatus)
		return strings.Compare(sa.Str(), sb.Str())
	})
	return records
}

// recordTexts returns each record as bytes.
func recordTexts(t *testing.T, records []plog.LogRecord) (texts []string) {
	t.Helper()
	for _, lr := range records {
		logs := plog.NewLogs()
		lr.CopyTo(logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
		b, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		texts = append(texts, string(b))
	}
	return texts
}

func checkRecord(t *testing.T, lr plog.LogRecord) {
	t.Helper()
	for _, key := range []string{attrs.Alias, attrs.Epoch, attrs.AlertStatus, attrs.AlertFingerprint} {
		require.NotEmpty(t, stringOf(t, lr.Attributes(), key))
	}
	require.LessOrEqual(t, len(stringOf(t, lr.Attributes(), attrs.Alias)), maxAliasBytes)
	require.NotEmpty(t, lr.Body().Str())
	for key, v := range lr.Attributes().All() {
		require.True(t, utf8.ValidString(key))
		if v.Type() == pcommon.ValueTypeStr && key != attrs.Alias {
			require.LessOrEqual(t, len(v.Str()), 64, key)
			require.True(t, utf8.ValidString(v.Str()), key)
		}
	}
}
