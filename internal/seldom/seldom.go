// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package seldom logs each message a few times a minute, however often something happens.
package seldom

import (
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	// PerMinute is how often a message is logged in one minute.
	PerMinute = 10
	// maxMessages bounds the messages that are told apart. They are texts of the code, so there are far fewer.
	maxMessages = 1000
)

// Logger logs to the logger of a component, which it leaves as it is. It is safe for concurrent use.
type Logger struct {
	to *zap.Logger

	mu   sync.Mutex
	said map[string]*minute
}

// minute is how often a message came in the minute that began with it.
type minute struct {
	began time.Time
	n     int
}

// New returns a logger.
func New(to *zap.Logger) *Logger {
	return &Logger{to: to, said: map[string]*minute{}}
}

// Info logs at level info.
func (l *Logger) Info(message string, fields ...zap.Field) { l.log(zapcore.InfoLevel, message, fields) }

// Warn logs at level warn.
func (l *Logger) Warn(message string, fields ...zap.Field) { l.log(zapcore.WarnLevel, message, fields) }

// Error logs at level error.
func (l *Logger) Error(message string, fields ...zap.Field) {
	l.log(zapcore.ErrorLevel, message, fields)
}

func (l *Logger) log(level zapcore.Level, message string, fields []zap.Field) {
	if !l.allow(message, time.Now()) {
		return
	}
	if entry := l.to.Check(level, message); entry != nil {
		if entry.Caller.Defined {
			entry.Caller = zapcore.NewEntryCaller(runtime.Caller(2)) // who called Info, Warn or Error
		}
		entry.Write(fields...)
	}
}

func (l *Logger) allow(message string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.said[message]
	if m == nil || now.Sub(m.began) >= time.Minute {
		if m == nil && len(l.said) >= maxMessages {
			return false
		}
		m = &minute{began: now}
		l.said[message] = m
	}
	m.n++
	return m.n <= PerMinute
}
