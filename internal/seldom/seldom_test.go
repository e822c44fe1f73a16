// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package seldom

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachMessageAFewTimesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zapcore.InfoLevel)
		l := New(zap.New(core))
		flood := func() {
			for i := range 3 * PerMinute {
				l.Warn("a", zap.Int("i", i))
				l.Error("b")
			}
		}
		flood()
		l.Info("c")
		assert.Equal(t, PerMinute, logged.FilterMessage("a").FilterLevelExact(zapcore.WarnLevel).Len())
		assert.Equal(t, PerMinute, logged.FilterMessage("b").FilterLevelExact(zapcore.ErrorLevel).Len())
		assert.Equal(t, 1, logged.FilterMessage("c").FilterLevelExact(zapcore.InfoLevel).Len(), "one message does not hide another")
		assert.EqualValues(t, PerMinute-1, logged.FilterMessage("a").All()[PerMinute-1].ContextMap()["i"])

		time.Sleep(time.Minute - time.Nanosecond)
		flood()
		assert.Equal(t, PerMinute, logged.FilterMessage("a").Len(), "the minute is not over")
		time.Sleep(time.Nanosecond)
		flood()
		as := logged.FilterMessage("a").All()
		assert.Len(t, as, 2*PerMinute)
		assert.EqualValues(t, 2*2*PerMinute+PerMinute, as[PerMinute].ContextMap()["left_out"], "it tells what was left out")
		assert.Len(t, logged.FilterMessage("a").FilterFieldKey("left_out").All(), 1, "once")
	})
}

func TestOneCauseDoesNotHideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zapcore.InfoLevel)
		l := New(zap.New(core))
		for range 2 * PerMinute {
			l.Of("503").Warn("a", zap.Int("status", 503))
		}
		l.Of("401").Warn("a", zap.Int("status", 401))
		assert.Equal(t, PerMinute, logged.FilterField(zap.Int("status", 503)).Len())
		assert.Equal(t, 1, logged.FilterField(zap.Int("status", 401)).Len())
		time.Sleep(time.Minute)
		l.Of("401").Warn("a")
		l.Of("503").Warn("a")
		assert.Equal(t, 1, logged.FilterField(zap.Int("left_out", PerMinute)).Len())
	})
}

func TestLineNamesWhoLogs(t *testing.T) {
	core, logged := observer.New(zapcore.InfoLevel)
	New(zap.New(core, zap.AddCaller())).Warn("a")
	New(zap.New(core)).Warn("b")
	assert.Contains(t, logged.All()[0].Caller.File, "seldom_test.go")
	assert.False(t, logged.All()[1].Caller.Defined)
}

func TestMessagesAreBounded(t *testing.T) {
	core, logged := observer.New(zapcore.InfoLevel)
	l := New(zap.New(core))
	for i := range 2 * maxMessages {
		l.Info(strconv.Itoa(i))
	}
	assert.Equal(t, maxMessages, logged.Len())
	assert.Len(t, l.history.minutes, maxMessages)
}
