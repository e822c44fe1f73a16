package protocol

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTrace(t *testing.T) {
	names := os.Getenv("TRACE")
	if names == "" {
		t.Skip()
	}
	s := worlds[os.Getenv("WORLD")]
	w := newWorld(t, s)
	w.trace = func(format string, a ...any) { fmt.Println(compact(fmt.Sprintf(format, a...))) }
	all := map[string]step{}
	for _, st := range repertoire(s) {
		all[st.name] = st
	}
	for _, n := range strings.Split(names, ";") {
		n = strings.TrimSpace(n)
		st, ok := all[n]
		if !ok {
			t.Fatalf("no %q", n)
		}
		fmt.Printf("--- %s (now %d)\n", n, w.now)
		st.do(w)
		fmt.Println("   ", compact(w.show()))
	}
	fmt.Println("--- quiesce")
	w.quiesce()
}

var long = regexp.MustCompile(`\d{12,}`)
var zero = regexp.MustCompile(`\w+:(0001-01-01 00:00:00 \+0000 UTC|false|0s|0|\[0 0 0 0 0 0 0\]|\[\]|all fields|none|)([ }])|2026-01-01 |\+0000 UTC| 0 0 0\]|"(fp|epoch|generator|key)":"[^"]*",|2026-01-01T`)

func compact(s string) string {
	s = long.ReplaceAllStringFunc(s, func(d string) string { return d[:4] })
	return zero.ReplaceAllString(s, "$2")
}
