// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
)

// slowly lets everybody in after the time in the header Wait.
type slowly struct{}

func (slowly) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	d, err := time.ParseDuration(sources["Wait"][0])
	time.Sleep(d)
	return ctx, err
}

// Webhooks are in the order of their arrival, however long it takes to check their credentials.
func TestAuthenticationKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		stamps := map[time.Duration]int{}
		var mu sync.Mutex
		defer inprocess.OnArrival(func(ctx context.Context) context.Context {
			mu.Lock()
			defer mu.Unlock()
			stamps[time.Since(began)]++
			return ctx
		})()
		sink := new(consumertest.LogsSink)
		h := handlerOf(t, defaultConfig(), sink)
		server := h.routes(http.NotFound, &authenticator{server: slowly{}, refuse: h.refuseEarly})
		send := func(wait string) {
			r := httptest.NewRequest(http.MethodPost, defaultPath, strings.NewReader(good))
			r.Header.Set("Wait", wait)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			assert.Equal(t, http.StatusOK, w.Code)
		}
		var older sync.WaitGroup
		older.Go(func() { send("10s") })
		synctest.Wait()
		time.Sleep(time.Second)
		send("0s")
		older.Wait()
		all := sink.AllLogs()
		require.Len(t, all, 2)
		assert.Less(t, seqOf(t, recordsOf(all[1])[0]), seqOf(t, recordsOf(all[0])[0]), "it came first")
		assert.Equal(t, map[time.Duration]int{0: 1, time.Second: 1}, stamps)
	})
}

// needsToken lets in who has a token.
type needsToken struct{}

func (needsToken) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	if len(sources["token"]) != 1 || sources["token"][0] != "secret" {
		return ctx, errors.New("no token")
	}
	return ctx, nil
}

// Some senders can put credentials only into the address. They are not added to the request's headers.
func TestCredentialsInTheQuery(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	server := h.routes(http.NotFound, &authenticator{server: needsToken{}, parameters: []string{"token"}, refuse: h.refuseEarly})
	for query, want := range map[string]int{"?token=secret": 200, "?token=wrong": 401, "?other=secret": 401, "": 401} {
		r, w := httptest.NewRequest(http.MethodPost, defaultPath+query, strings.NewReader(good)), httptest.NewRecorder()
		server.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, query)
		assert.NotContains(t, r.Header, "token")
	}
}

// The path / is only this path, not all paths.
func TestRootPath(t *testing.T) {
	cfg := defaultConfig()
	cfg.Path = "/"
	server := handlerOf(t, cfg, consumertest.NewNop()).routes(http.NotFound, nil)
	for path, want := range map[string]int{"/": 200, "/other": 404} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(good)))
		assert.Equal(t, want, w.Code, path)
	}
}
