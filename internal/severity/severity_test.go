// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package severity

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSeverity(t *testing.T) {
	for severity, want := range map[Severity]string{0: "medium", Low: "low", Medium: "medium", High: "high", Critical: "critical", 9: "medium"} {
		assert.Equal(t, want, severity.String(), "no word that some versions of Alert24 refuse is ever sent")
	}
	assert.True(t, Critical > High && High > Medium && Medium > Low)
	for _, word := range []string{"critical", "high", "medium", "low"} {
		s, err := Parse(word)
		require.NoError(t, err)
		assert.Equal(t, word, s.String())
	}
	_, err := Parse("info")
	require.EqualError(t, err, `unknown severity "info", Alert24 has critical, high, medium and low`)
}

// The receiver writes these numbers, so they must not change.
func TestTheTable(t *testing.T) {
	for _, tt := range []struct {
		words string
		want  Meaning
	}{
		{"emergency emerg panic fatal disaster p0 s0 sev0", Meaning{Critical, 21}},
		{"alert", Meaning{Critical, 19}},
		{"critical crit page blocker urgent p1 s1 sev1", Meaning{Critical, 18}},
		{"error err high major p2 s2 sev2", Meaning{High, 17}},
		{"warning warn", Meaning{High, 13}},
		{"medium moderate average minor p3 s3 sev3", Meaning{Medium, 13}},
		{"notice", Meaning{Low, 10}},
		{"low info information informational trivial p4 p5 s4 s5 sev4 sev5", Meaning{Low, 9}},
		{"debug", Meaning{Low, 5}},
		{"none ok", Meaning{Low, 0}},
	} {
		for word := range strings.FieldsSeq(tt.words) {
			for _, form := range []string{word, strings.ToUpper(word), " " + word + "\n", "[" + word + "]", word + " (remark)", word + ": page"} {
				m, known := Known().Find(form)
				assert.True(t, known, form)
				assert.Equal(t, tt.want, m, form)
			}
		}
	}
	for word := range words {
		assert.Equal(t, []string{word}, tokens(word), "a word of the table is found in any dress")
	}
}

// documented returns the words in the second column of a README's table, each with the first column of its row. The table follows the heading.
func documented(t *testing.T, readme, heading string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", readme, "README.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), heading)
	require.True(t, found, "%s has no %q", readme, heading)
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			break
		}
		column := strings.Trim(cells[1], " `")
		for word := range strings.SplitSeq(strings.TrimSpace(cells[2]), ", ") {
			word, _, _ = strings.Cut(word, " (") // a remark
			rows[word] = column
		}
	}
	return rows
}

// Users look a word up in the README of either component.
func TestEveryWordIsDocumented(t *testing.T) {
	severities, numbers := map[string]string{}, map[string]string{}
	for word, m := range words {
		severities[word] = m.Severity.String()
		if m.Number != 0 {
			numbers[word] = strconv.Itoa(int(m.Number))
		}
	}
	severities["none"] = "no incident"
	numbers["anything else"] = "0"
	assert.Equal(t, severities, documented(t, "alert24exporter", "| Severity | Words |\n| --- | --- |\n"))
	assert.Equal(t, numbers, documented(t, "alertmanagerreceiver", "| Number | Words |\n| --- | --- |\n"))
}

func TestFindInAnyDress(t *testing.T) {
	for label, want := range map[string]Severity{
		"SEV-1": Critical, "sev 1": Critical, "Sev0": Critical, "severity-1": Critical, "Severity: 2": High, "S-3": Medium, "SEV_4": Low,
		"P1 - Critical": Critical, "P-2": High, "prio 1": Critical, "Priority 3 (moderate)": Medium, "p5/none": Low,
		"high (page)": High, "(page)": Critical, "Critical!": Critical, "team A: major": High, "High urgency": High, "low priority": Low,
		"🔥 critical": Critical, "None given": Low,
	} {
		m, known := Known().Find(label)
		assert.True(t, known, label)
		assert.Equal(t, want, m.Severity, label)
	}
}

func TestWhatIsNotKnown(t *testing.T) {
	for _, label := range []string{
		"", " ", "-", "ticket", "notify", "unknown", "Not classified", "non-critical", "not critical", "no error", "p6", "sev", "priority",
		"0", "4", "5", "7", "10", "level 1", "1 2", "criticality", strings.Repeat("x", 1000) + " critical", "схема",
	} {
		m, known := Known().Find(label)
		assert.False(t, known, label)
		assert.Zero(t, m, label)
	}
}

// A single number is most likely a priority, but a person has to check it.
func TestNumbersAreGuesses(t *testing.T) {
	for label, want := range map[string]Severity{"1": Critical, " 1 ": Critical, "2": High, "3": Medium, "1 (worst)": Critical} {
		m, known := Known().Find(label)
		assert.False(t, known, label)
		assert.Equal(t, want, m.Severity, label)
	}
}

func TestOwnWords(t *testing.T) {
	own := Words(map[string]Meaning{
		"Page": {High, 17}, "SEV-1": {Medium, 13}, "business hours": {Low, 9}, "1": {Low, 9}, "": {Critical, 18},
	})
	for label, want := range map[string]Severity{
		"PAGE": High, "page (now)": High, "sev 1": Medium, "Sev1": Medium, "p1": Critical, "Business Hours": Low, "1": Low, "fatal": Critical,
		"": Critical,
	} {
		m, known := own.Find(label)
		assert.True(t, known, label)
		assert.Equal(t, want, m.Severity, label)
	}
	m, _ := Known().Find("page")
	assert.Equal(t, Critical, m.Severity, "the shared table stays as it is")
}

// The order of a map would decide which of two meanings a word has.
func TestClash(t *testing.T) {
	for _, tt := range []struct{ a, b, one, other string }{
		{"P1", "p1", "P1", "p1"},
		{"sev1", "SEV-1", "SEV-1", "sev1"},
		{"[page]", "page", "[page]", "page"},
		{"p1", "sev1", "", ""},
		{"business hours", "hours", "", ""},
		{"", "page", "", ""},
	} {
		one, other := Clash(map[string]Meaning{tt.a: {High, 0}, tt.b: {Low, 0}})
		assert.Equal(t, [2]string{tt.one, tt.other}, [2]string{one, other})
		one, other = Clash(map[string]Meaning{tt.a: {High, 0}, tt.b: {High, 0}})
		assert.Equal(t, [2]string{}, [2]string{one, other}, "two forms with one meaning")
	}
}

func TestSet(t *testing.T) {
	set := NewSet([]string{"none", "SEV-5", "Business Hours", "?!"})
	for _, label := range []string{"none", " None\n", "[NONE]", "sev 5", "sev5", "business-hours", "?!"} {
		assert.True(t, set.Has(label), label)
	}
	for _, label := range []string{"none given", "p5", "", "-", "?", "critical", "business"} {
		assert.False(t, set.Has(label), label)
	}
	assert.False(t, NewSet(nil).Has("none"))
	assert.True(t, NewSet([]string{""}).Has(" "))
}

func FuzzFind(f *testing.F) {
	f.Add("P1 - Critical")
	f.Add("\xff(")
	f.Fuzz(func(t *testing.T, label string) {
		m, known := Known().Find(label)
		if known && m.Severity == 0 || m.Severity > Critical {
			t.Fatalf("%q: %v, %v", label, m, known)
		}
		if !NewSet([]string{label}).Has(label) {
			t.Fatalf("%q is not itself", label)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for _, label := range []string{"critical", "P1 - Critical", "ticket"} {
		b.Run(label, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Known().Find(label)
			}
		})
	}
}
