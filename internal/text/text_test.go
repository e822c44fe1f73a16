// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	coder  = "👩‍💻" // three code points, eleven bytes
	flag   = "🇫🇷"
	accent = "e\u0301"
	family = "👨‍👩‍👧‍👦"
)

func TestCut(t *testing.T) {
	zalgo := "a" + strings.Repeat("\u0301", 20)
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"äöüß", 3, "äö…"},
		{"a b c", 3, "a…"},
		{"ab" + coder, 5, "ab" + coder},
		{"ab" + coder + "c", 5, "ab…"},
		{"ab" + coder + "c", 6, "ab" + coder + "c"},
		{"ab" + coder + "cd", 6, "ab" + coder + "…"},
		{flag + flag + flag, 4, flag + "…"},
		{flag + flag + flag, 5, flag + flag + "…"},
		{accent + accent, 3, accent + "…"},
		{accent + accent + "x", 4, accent + "…"},
		{"x" + zalgo, 5, "x…"},
		{zalgo, 5, "a\u0301\u0301\u0301…"},
		{strings.Repeat("日", 600) + family, 604, strings.Repeat("日", 600) + "…"},
		{"ab", 1, "…"},
		{"", 1, ""},
	} {
		assert.Equal(t, tt.want, Cut(tt.in, tt.n), "%q to %d", tt.in, tt.n)
	}
}

func TestCutBytes(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"äöü", 3, "ä"},
		{"a" + coder, 11, "a"},
		{"a" + coder, 12, "a" + coder},
		{"a" + flag + flag, 16, "a" + flag},
		{"ab" + accent, 3, "ab"},
		{"a\r\nb", 2, "a"},
		{"a\xffb", 2, "a\xff"},
		{"é", 1, ""},
		{"\x80\x80\x80", 2, ""},
		{"abc", 0, ""},
	} {
		assert.Equal(t, tt.want, CutBytes(tt.in, tt.n), "%q to %d", tt.in, tt.n)
	}
}

func characters(s string) []string {
	var all []string
	for g := uniseg.NewGraphemes(s); g.Next(); {
		all = append(all, g.Str())
	}
	return all
}

func TestNoCharacterIsSplit(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"a", " ", "\n", "日", coder, flag, accent, family, "한", "\u1112\u1161\u11ab", "क्षि", "❤️", "👍🏽", "\r\n", "1️⃣", "\u0600", "\u200d",
	})
	rapid.Check(t, func(t *rapid.T) {
		all := characters(strings.Join(rapid.SliceOfN(pieces, 1, 60).Draw(t, "pieces"), ""))
		s := strings.Join(all, "")
		n := rapid.IntRange(1, 100).Draw(t, "n")
		check := func(cut string) {
			rest, ok := strings.CutPrefix(s, cut)
			if !ok {
				t.Fatalf("%q is no start of %q", cut, s)
			}
			// Trailing spaces are removed before the ellipsis is added.
			for i := range len(all) + 1 {
				if start := strings.Join(all[:i], ""); start == cut || strings.TrimRight(start, " ") == cut {
					return
				}
			}
			if cut != "" && len(characters(cut)) > 1 {
				t.Fatalf("%q was cut to %q, before %q", s, cut, rest)
			}
		}
		check(strings.TrimSuffix(Cut(s, n), Ellipsis))
		check(CutBytes(s, n))
	})
}

func TestLine(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{" a\r\n\tb\x00c\u2028d  e ", "a b c d e"},
		{"a\u202egpj.exe\u2066\ufeff", "agpj.exe"},
		{"a\xffb", "a\uFFFDb"},
		{"磁盘已满 " + coder, "磁盘已满 " + coder},
		{"\x00\x01", ""},
		{"a  b", "a b"},
		{" a", "a"},
		{"a ", "a"},
		{"\u200b \u200d", ""},
		{"123456789012345678901", "1234567890123456789…"},
	} {
		assert.Equal(t, tt.want, Line(tt.in, 20), "%q", tt.in)
	}
	assert.Equal(t, strings.Repeat("é", 9)+Ellipsis, Line(strings.Repeat("é", 100_000), 10))
	assert.Equal(t, "a b", Printable("\x1ba\x07  b\n"))
}

func TestStorable(t *testing.T) {
	for in, want := range map[string]string{"": "", "ü\t\n": "ü\t\n", "a\x00b": "a\uFFFDb", "a\xff\xfe\x00": "a\uFFFD\uFFFD"} {
		assert.Equal(t, want, Storable(in), "%q", in)
	}
}

func TestWithoutNUL(t *testing.T) {
	for in, want := range map[string]string{"": "", "ü\t\xff": "ü\t\xff", "\x00a\x00": "\uFFFDa\uFFFD"} {
		assert.Equal(t, want, WithoutNUL(in), "%q", in)
	}
}

func TestLines(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{" D\r\n\tmore\x1b ", "D\n\tmore"},
		{"a\xffb\u2029c", "a\uFFFDb\nc"},
		{"\x00\u202e\ufeff", ""},
		{"\u200b\n\u200d", ""},
		{"plain", "plain"},
	} {
		assert.Equal(t, tt.want, Lines(tt.in), "%q", tt.in)
	}
}

func TestBlankAndControl(t *testing.T) {
	assert.True(t, Blank(" \n\t"))
	assert.True(t, Blank(" \u200b\u2060\ufeff\u00ad"), "format characters show nothing")
	assert.False(t, Blank("\u200bx"))
	assert.False(t, Blank(" x"))
	for s, want := range map[string]bool{"": false, "abc é": false, "a\n": true, "\x7f": true, "é\u0085": true} {
		assert.Equal(t, want, HasControl(s), "%q", s)
	}
}

func TestLink(t *testing.T) {
	for in, want := range map[string]string{
		"https://h":                       "https://h",
		" HTTP://h/x?y=<1>#z\n":           "HTTP://h/x?y=<1>#z",
		"http://h:9090/":                  "http://h:9090/",
		"http://user@h/":                  "http://user@h/",
		"http://[::1]:9090/":              "http://[::1]:9090/",
		"http://:9090/graph?g0.expr=up":   "",
		"http://:9093":                    "",
		"http://user@:9090/":              "",
		"http://[]:9090/":                 "",
		"http://[::1":                     "",
		"https://":                        "",
		"https:///x":                      "",
		"https://?x":                      "",
		`https://\h`:                      "",
		"javascript:alert(1)":             "",
		"ftp://h/x":                       "",
		"/d/abc":                          "",
		"h.example.com/x":                 "",
		"https://a b":                     "",
		"https://a\nhttps://b":            "",
		"https://a/\x7f":                  "",
		"https://a/\u00a0b":               "",
		"https://a/\u202egpj":             "",
		"https://a/\xff":                  "",
		"https://h/" + long:               "",
		"https://h/" + long[10:]:          "https://h/" + long[10:],
		"":                                "",
		"see https://h":                   "",
		"https://müller.example.com/ünïc": "https://müller.example.com/ünïc",
	} {
		assert.Equal(t, want, Link(in), "%q", in)
	}
}

var long = strings.Repeat("x", maxLinkBytes)

// oneLine fails unless s is one printable line of at most n code points.
func oneLine(t *testing.T, s string, n int) {
	t.Helper()
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > n || strings.TrimSpace(s) != s ||
		strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || reorders(r) || r == '\u2028' }) {
		t.Fatalf("no line of %d: %q", n, s)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\r\n b\x00", 5)
	f.Add("https://h/<x>?a=\"b\"", 100)
	f.Add("1. - + = # \xff …", 3)
	f.Add(family+flag+accent, 4)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = 1 + int(uint(n)%300)
		line := Line(s, n)
		oneLine(t, line, n)
		if again := Line(line, n); again != line {
			t.Fatalf("%q becomes %q", line, again)
		}
		if cut := CutBytes(s, n); len(cut) > n || !strings.HasPrefix(s, cut) {
			t.Fatalf("CutBytes %q", cut)
		}
		if l := Link(s); l != "" && (!strings.HasPrefix(strings.ToLower(l), "http") || strings.ContainsFunc(l, unicode.IsSpace)) {
			t.Fatalf("Link %q", l)
		}
		if lines := Lines(s); len(lines) > len(s)*3 || Lines(lines) != lines {
			t.Fatalf("Lines %q", lines)
		}
	})
}

func BenchmarkCut(b *testing.B) {
	for name, s := range map[string]string{"plain": strings.Repeat("word ", 100), "Han": strings.Repeat("日", 10_000)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Cut(s, 255)
			}
		})
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 alerts", 1: "1 alert", 2: "2 alerts", 1000: "1000 alerts"} {
		assert.Equal(t, want, Count(n, "alert", "alerts"))
	}
}
