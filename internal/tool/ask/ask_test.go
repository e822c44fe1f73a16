// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/certtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// flags are like those of a command.
func flags(url string) *Flags { return &Flags{URL: url, TokenFlag: "--token-file"} }

// serve starts a server and a client for it.
func serve(t *testing.T, answer http.HandlerFunc, change ...func(*Flags)) *Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	f := flags(server.URL + "/")
	for _, do := range change {
		do(f)
	}
	c, err := f.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestAllPagesAreRead(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		asked = append(asked, v.Get("sort")+" "+v.Get("order")+" "+v.Get("after")+" "+v.Get("limit"))
		switch {
		case v.Get("sort") == "title":
			fmt.Fprint(w, `{"revision": "r", "total": 3, "rows": [{"alias": "c", "title": "x"}]}`)
		case v.Get("after") == "":
			fmt.Fprint(w, `{"revision": "r", "total": 3, "rows": [{"alias": "a", "title": "y"}, {"alias": "b", "title": "z"}]}`)
		default:
			fmt.Fprint(w, `{"revision": "r", "total": 1, "rows": [{"alias": "c", "title": "x"}]}`)
		}
	})
	byTitle := status.Query{Sort: status.ByTitle, Desc: true}
	aliases := func(limit int) (all []string, total int) {
		rows, total, err := c.Aliases(t.Context(), byTitle, limit)
		require.NoError(t, err)
		for i := range rows {
			all = append(all, rows[i].Alias)
		}
		return all, total
	}
	all, total := aliases(0)
	assert.Equal(t, []string{"b", "a", "c"}, all)
	assert.Equal(t, 3, total)
	assert.Equal(t, []string{"title desc  1000", "alias asc  1000", "alias asc b 1000"}, asked)
	all, total = aliases(2)
	assert.Equal(t, []string{"b", "a"}, all)
	assert.Equal(t, 3, total)
	asked = nil
	all, _ = aliases(1)
	assert.Equal(t, []string{"c"}, all)
	assert.Equal(t, []string{"title desc  1"}, asked, "one page has all that is wanted")
}

// A bridge that does not know after answers the first page again and again.
func TestOlderBridgeIsRefused(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"revision": "r", "total": 3, "rows": [{"alias": "a"}]}`)
	})
	_, _, err := c.Aliases(t.Context(), status.Query{}, 0)
	assert.ErrorContains(t, err, "the bridge is older than this program")
}

// The collector's health check answers every path with 200 and JSON.
func TestAnotherServerIsNoBridgeThatKnowsNothing(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status": "Server available"}`) })
	_, err := c.Explain(t.Context(), status.Subject{Alias: "a"})
	require.ErrorContains(t, err, "is not a bridge's status page: set --status")
	_, _, err = c.Aliases(t.Context(), status.Query{}, 0)
	require.ErrorContains(t, err, "is not a bridge's status page: set --status")
}

// The page keeps its view in its address, which people copy.
func TestAddressOfABrowserIsUnderstood(t *testing.T) {
	for _, view := range []string{"", "?is=pending", "#alias=a", "/?is=pending#alias=a"} {
		var asked string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.String()
			fmt.Fprint(w, `{"now": "2026-03-19T14:30:00Z"}`)
		}, func(f *Flags) { f.URL += "bridge" + view })
		_, err := c.Explain(t.Context(), status.Subject{Alias: "b"})
		require.NoError(t, err)
		assert.Equal(t, "/bridge/api/v1/explain?alias=b", asked)
	}
}

func TestTokenIsSent(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"revision": "r", "total": 3}`)
	}, func(f *Flags) { f.TokenFile = write(t, "secret\n") })
	_, total, err := c.Aliases(t.Context(), status.Query{}, 0)
	require.NoError(t, err)
	assert.Equal(t, 3, total)
}

func TestFailuresSayWhatToDo(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"give the token with --token-file": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="otelcol-alert24"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"webhooks have another port": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"503 Service Unavailable: the database": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"error": "the database is away"}`)
		},
		"is not a bridge's status page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
	} {
		c := serve(t, answer)
		_, err := c.Explain(t.Context(), status.Subject{Alias: "a"})
		assert.ErrorContains(t, err, want)
	}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	_, err := c.Explain(t.Context(), status.Subject{Alias: "a"})
	require.ErrorContains(t, err, "set --status to its status::endpoint")
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="otelcol-alert24"`)
		w.WriteHeader(http.StatusUnauthorized)
	}, func(f *Flags) { f.TokenFile = write(t, "old") })
	_, err = c.Explain(t.Context(), status.Subject{Alias: "a"})
	require.ErrorContains(t, err, "401 Unauthorized; check the token in the file of --token-file")
	c, err = flags("http://127.0.0.1:1").Open(t.Context())
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Explain(t.Context(), status.Subject{Labels: map[string]string{"a": "secret"}})
	require.ErrorContains(t, err, "does not answer")
	assert.NotContains(t, err.Error(), "secret")
}

func TestWrongSchemeAndUnknownAuthority(t *testing.T) {
	handler := http.NotFoundHandler()
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	for address, want := range map[string]string{
		strings.Replace(plain.URL, "http:", "https:", 1):  "write http:// in --status",
		strings.Replace(secure.URL, "https:", "http:", 1): "uses TLS; write https:// in --status",
		secure.URL: "check --ca-file and the name in --status",
	} {
		c, err := flags(address).Open(t.Context())
		require.NoError(t, err)
		_, err = c.Explain(t.Context(), status.Subject{Alias: "a"})
		c.Close()
		assert.ErrorContains(t, err, want)
	}
}

// A page with status::tls::client_ca_file is shown to those with a certificate.
func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	bridge, client := authority.Issue(t, dir, "bridge"), authority.Issue(t, dir, "client")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"now": "2026-03-19T14:30:00Z"}`) }))
	server.TLS = authority.ServerTLS(bridge)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	explain := func(args ...string) error {
		f, set := Flags{}, pflag.NewFlagSet("", pflag.ContinueOnError)
		f.Add(set)
		require.NoError(t, set.Parse(append(args, "--status", server.URL, "--ca-file", authority.File)))
		c, err := f.Open(t.Context())
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Explain(t.Context(), status.Subject{Alias: "a"})
		return err
	}
	require.NoError(t, explain("--cert-file", client.CertFile, "--key-file", client.KeyFile))
	require.ErrorContains(t, explain(), "tls: certificate required; check --cert-file and --key-file")
}

// An error does not repeat the password in an address.
func TestErrorsHideThePassword(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, address := range []string{"http://user:pa55@127.0.0.1:1", strings.Replace(server.URL, "//", "//user:pa55@", 1)} {
		c, err := flags(address).Open(t.Context())
		require.NoError(t, err)
		_, err = c.Explain(t.Context(), status.Subject{Alias: "a"})
		c.Close()
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "pa55")
	}
}

func TestABridgeThatHangsIsNotWaitedForLong(t *testing.T) {
	hang := make(chan struct{})
	c := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) }) // before the server waits for its requests
	assert.Equal(t, 10*time.Second, c.http.Timeout)
	c.http.Timeout = 10 * time.Millisecond
	_, err := c.Explain(t.Context(), status.Subject{Alias: "a"})
	require.ErrorContains(t, err, "does not answer")
}

func TestBadFlagsAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"--status must be":                    {"--status", "localhost:9096"},
		"--token-file: open":                  {"--token-file", "/does/not/exist"},
		"failed to load cert /does/not/exist": {"--ca-file", "/does/not/exist"},
		"--cert-file and --key-file need":     {"--key-file", write(t, "nothing")},
		"--ca-file needs certificates in PEM": {"--ca-file", write(t, "nothing")},
	} {
		f, set := Flags{}, pflag.NewFlagSet("", pflag.ContinueOnError)
		f.Add(set)
		require.NoError(t, set.Parse(args))
		_, err := f.Open(t.Context())
		assert.ErrorContains(t, err, want)
	}
}
