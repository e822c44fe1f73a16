// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// raw starts a listener that hands each connection to f and then closes it.
func raw(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { require.NoError(t, l.Close()); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f(conn)
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func readRequest(conn net.Conn) { _, _ = conn.Read(make([]byte, 64<<10)) }

func TestNoAnswerIsUncertain(t *testing.T) {
	for name, f := range map[string]func(net.Conn){
		"closed":   readRequest,
		"reset":    func(c net.Conn) { readRequest(c); _ = c.(*net.TCPConn).SetLinger(0) },
		"not HTTP": func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "SSH-2.0-x\r\n\r\n") },
		"cut head": func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 201 Crea") },
		"cut body": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"data\":{\"id\":\"i\"}}")
		},
		"cut chunk": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"data\":{\"id\":\"i\"}}\r\n")
		},
		"closed unread": func(net.Conn) {},
		"location is junk": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://[::1/x?token=geheim\r\n\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			for call, do := range calls {
				_, err := do(t.Context(), connect(t, &http.Client{Transport: &http.Transport{}}, raw(t, f)))
				if isWrite(call) && call != "create" && strings.HasPrefix(name, "cut ") && name != "cut head" {
					require.NoError(t, err, "any 2xx is a success")
					continue
				}
				e := requireError(t, err, unknownOf(call))
				assert.NotContains(t, e.Error(), "geheim", call)
			}
		})
	}
}

func TestAnUpgradeThatNobodyAskedFor(t *testing.T) {
	held := make(chan struct{})
	endpoint := raw(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		<-held
	})
	t.Cleanup(func() { close(held) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := connect(t, &http.Client{Transport: &http.Transport{}}, endpoint).Create(ctx, draft("A"))
	require.NoError(t, ctx.Err(), "it waited for a body that never ends")
	assert.Equal(t, http.StatusSwitchingProtocols, requireError(t, err, protocol.Unanswered).Status)
}

// TestAPostIsSentOnce guards against silent repeats by net/http on reused connections.
func TestAPostIsSentOnce(t *testing.T) {
	var posts, conns atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerWith(http.StatusOK, `{"data":{"id":"i","status":"open"}}`)(w, r)
			return
		}
		posts.Add(1)
		panic(http.ErrAbortHandler)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c := connect(t, srv.Client(), srv.URL)
	_, err := c.Read(t.Context(), "i")
	require.NoError(t, err)
	_, err = c.Create(t.Context(), draft("A"))
	requireResult(t, err, protocol.Unanswered)
	assert.EqualValues(t, 1, posts.Load())
	assert.EqualValues(t, 1, conns.Load(), "the POST used the connection of the GET")
}

func TestAnAnswerInTimeOrNone(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testAnswerInTimeOrNone(t, http2) }) // no time passes until a request has arrived
		})
	}
}

func testAnswerInTimeOrNone(t *testing.T, http2 bool) {
	t.Helper()
	const endpoint = "https://example.com" // the server's certificate is for this name
	arrived := make(chan struct{}, 1)
	pipes := sandboxtest.NewPipes()
	srv := &httptest.Server{Listener: pipes, EnableHTTP2: http2, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/incidents/slow-body" {
			_, _ = io.WriteString(w, `{"data":`)
			w.(http.Flusher).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // a 200 could still reach a client that is about to hang up
	})}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	srv.Client().Transport.(*http.Transport).DialContext = pipes.Dial

	// The context is cancelled, as at shutdown, once the server has the request.
	c := connect(t, srv.Client(), endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := c.Create(ctx, draft("A"))
	requireResult(t, err, protocol.Unanswered)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err = c.Read(ctx, "slow-body")
	requireResult(t, err, protocol.Incomplete)

	// This client has a time limit of its own.
	hc := *srv.Client()
	hc.Timeout = 100 * time.Millisecond
	_, err = connect(t, &hc, endpoint).Create(t.Context(), draft("A"))
	e := requireError(t, err, protocol.Unanswered)
	assert.Contains(t, e.Error(), "create incident: no answer: ")
	<-arrived
}

func TestNothingLeft(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refusing := "http://" + closed.Addr().String()
	require.NoError(t, closed.Close())
	plain := raw(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	hangs := make(chan struct{})
	hanging := raw(t, func(net.Conn) { <-hangs })
	t.Cleanup(func() { close(hangs) })
	foreign := httptest.NewUnstartedServer(answerWith(http.StatusOK, ""))
	foreign.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	foreign.StartTLS()
	t.Cleanup(foreign.Close)
	proxy := raw(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\n\r\n") })

	for name, tt := range map[string]struct {
		endpoint  string
		transport *http.Transport
	}{
		"refused":      {refusing, &http.Transport{}},
		"no such host": {"http://alert24.invalid", &http.Transport{DialContext: unresolved}},
		"speaks no TLS": {
			strings.Replace(plain, "http:", "https:", 1), &http.Transport{},
		},
		"handshake hangs": {
			strings.Replace(hanging, "http:", "https:", 1), &http.Transport{TLSHandshakeTimeout: 50 * time.Millisecond},
		},
		"unknown authority": {foreign.URL, &http.Transport{}},
		"no common version": {foreign.URL, &http.Transport{TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, // is to fail
		}}},
		"the proxy says no": {foreign.URL, &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
			return r.URL.Parse(proxy)
		}}},
	} {
		for call, do := range calls {
			t.Run(name+"/"+call, func(t *testing.T) {
				_, err := do(t.Context(), connect(t, &http.Client{Transport: tt.transport}, tt.endpoint))
				e := requireError(t, err, protocol.NotSent)
				assert.Contains(t, e.Error(), "not sent: ")
				assert.Zero(t, e.Status)
			})
		}
	}
}

func unresolved(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "alert24.invalid", IsNotFound: true}}
}

func TestCancelledWhileItDials(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := connect(t, &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}}}, "http://alert24.invalid", func(cfg *Config) { cfg.Gate = &gateLog{} })
	_, err := c.Create(ctx, draft("A"))
	requireResult(t, err, protocol.NotSent)

	_, err = c.Create(ctx, draft("A"))
	requireResult(t, err, protocol.NotSent)
}

// If a transport does not report to a trace, its silence proves nothing.
func TestAnUnknownTransport(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want protocol.Result
	}{
		{errors.New("boom"), protocol.Unanswered},
		{io.ErrUnexpectedEOF, protocol.Unanswered},
		{context.DeadlineExceeded, protocol.Unanswered},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, protocol.Unanswered},
		{&net.OpError{Op: "write", Err: errors.New("broken pipe")}, protocol.Unanswered},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, protocol.NotSent},
		{fmt.Errorf("middleware: %w", &net.DNSError{Err: "no such host"}), protocol.NotSent},
		{&tls.CertificateVerificationError{Err: errors.New("expired")}, protocol.NotSent},
	} {
		c := connect(t, &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })}, "http://h")
		_, err := c.Create(t.Context(), draft("A"))
		requireResult(t, err, tt.want)
		require.ErrorIs(t, err, tt.err)
		assert.Contains(t, err.Error(), tt.err.Error())
		assert.NotContains(t, err.Error(), "http://", "net/http's frame holds the URL")
	}
}
