// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Exporters hear of each webhook, accepted or refused.
func TestEachWebhookIsTold(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	var accepted, refused atomic.Int32
	t.Cleanup(inprocess.Listen(inprocess.Listener{
		Rejected: func(r inprocess.Rejection) {
			if r.Receiver == h.id {
				refused.Add(1)
			}
		},
		Skipped:  func(inprocess.Skipped) {},
		Grouped:  func(inprocess.Group) {},
		Accepted: func() { accepted.Add(1) },
	}))
	post(h, strings.NewReader(good))
	assert.Equal(t, []int32{1, 0}, []int32{accepted.Load(), refused.Load()})
	post(h, strings.NewReader("nonsense"))
	assert.Equal(t, []int32{1, 1}, []int32{accepted.Load(), refused.Load()})
}

// listen collects all later reports of receivers.
func listen(t *testing.T) (refused *[]inprocess.Rejection, skipped *[]inprocess.Skipped) {
	t.Helper()
	refused, skipped = &[]inprocess.Rejection{}, &[]inprocess.Skipped{}
	t.Cleanup(inprocess.Listen(inprocess.Listener{
		Rejected: func(r inprocess.Rejection) { *refused = append(*refused, r) },
		Skipped:  func(s inprocess.Skipped) { *skipped = append(*skipped, s) },
		Grouped:  func(inprocess.Group) {},
		Accepted: func() {},
	}))
	return refused, skipped
}

// A person who looks for an alert knows its labels, but not its position in a webhook.
func TestSkippedAlertIsTold(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	_, skipped := listen(t)
	post(h, strings.NewReader(`{"version":"4","alerts":[{"status":"maybe","labels":{"alertname":"DiskFull","instance":"db-9"},"startsAt":"2026-03-19T14:30:00Z"},3]}`))
	assert.Equal(t, []inprocess.Skipped{
		{
			Alias: "DiskFull:db-9", Labels: labels.FromMap(map[string]string{"alertname": "DiskFull", "instance": "db-9"}), Text: `status "maybe": must be firing or resolved`,
			Sender: inprocess.Sender{Receiver: h.id},
		},
		{Text: "must be an object", Sender: inprocess.Sender{Receiver: h.id}},
	}, *skipped)
}

// The log and the page tell more than the answer.
func TestRefusalHasADetail(t *testing.T) {
	set, logged := observed()
	h, err := newHandler(set, defaultConfig(), consumertest.NewErr(errors.New("no space left on device")))
	require.NoError(t, err)
	refused, _ := listen(t)
	w := post(h, strings.NewReader(good))
	assert.NotContains(t, w.Body.String(), "space")
	assert.Equal(t, "no space left on device", (*refused)[0].Detail)

	for i, body := range []string{"[]", "{}"} {
		post(h, strings.NewReader(body))
		assert.Empty(t, (*refused)[1+i].Detail, "the answer says all")
	}

	r := httptest.NewRequest(http.MethodPost, "/alertmanagr", http.NoBody)
	h.routes(func(http.ResponseWriter, *http.Request) {}, nil).ServeHTTP(httptest.NewRecorder(), r)
	assert.Equal(t, "/alertmanagr instead of /alertmanager", (*refused)[3].Detail)

	for i, want := range []map[string]any{
		{"error": "no space left on device"}, {}, {}, {"detail": "/alertmanagr instead of /alertmanager"},
	} {
		line := logged.All()[i].ContextMap()
		assert.Subset(t, line, want)
		assert.Equal(t, want["detail"], line["detail"], "the error is logged once")
	}
}

// A browser or a probe is no sender whose alerts are lost. A sender whose POST was redirected is one.
func TestOnlyWebhooksAreTold(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	refused, _ := listen(t)
	server := h.routes(http.NotFound, &authenticator{server: onlyTheToken{}, refuse: h.refuseEarly})
	for _, tt := range []struct {
		method, path, token, told string
	}{
		{http.MethodGet, "/", "", ""},
		{http.MethodGet, defaultPath, "", ""},
		{http.MethodHead, defaultPath, "wrong", ""},
		{http.MethodOptions, "/", "", ""},
		{http.MethodGet, "/favicon.ico", "right", ""},
		{http.MethodGet, defaultPath, "right", "405: the method is not POST or PUT"},
		{http.MethodPost, defaultPath, "", "401: " + errUnauthorized.message},
		{http.MethodPut, "/", "", "401: " + errUnauthorized.message},
		{http.MethodPost, "/", "right", "404: " + errPath.message},
	} {
		*refused = nil
		r := httptest.NewRequest(tt.method, tt.path, http.NoBody)
		r.Header.Set("Token", tt.token)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		assert.NotEqual(t, http.StatusOK, w.Code)
		var told string
		if len(*refused) > 0 {
			told = (*refused)[0].Text
		}
		assert.Equal(t, tt.told, told, tt)
	}
}

type onlyTheToken struct{}

func (onlyTheToken) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	if !slices.Contains(sources["Token"], "right") {
		return ctx, errors.New("wrong token")
	}
	return ctx, nil
}

// Busy tells a webhook that will be sent again from one that is invalid.
func TestBusyIsTold(t *testing.T) {
	refused, _ := listen(t)
	h := handlerOf(t, defaultConfig(), consumertest.NewErr(errors.New("full")))
	require.Equal(t, 503, post(h, strings.NewReader(good)).Code)
	require.Equal(t, 400, post(h, strings.NewReader("nonsense")).Code)
	require.Len(t, *refused, 2)
	assert.True(t, (*refused)[0].Busy)
	assert.False(t, (*refused)[1].Busy)
}

// A record on which the pipeline panics is not accepted.
func TestPanicIsARefusal(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumeFunc(func(context.Context, plog.Logs) error { panic("a bug") }))
	require.ErrorIs(t, h.consume(t.Context(), plog.NewLogs()), errInternal)
}
