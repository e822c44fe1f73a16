// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
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
