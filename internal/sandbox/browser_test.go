// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"testing"

	"github.com/alert24/otelcol-alert24/internal/browsertest"
)

// tab is a page in a headless Chromium.
type tab struct{ *browsertest.Tab }

func openTab(t *testing.T) *tab {
	t.Helper()
	return &tab{browsertest.Open(t)}
}

func eval[T any](b *tab, expression string) T { return browsertest.Eval[T](b.Tab, expression) }

func (b *tab) call(method string, params map[string]any, result any) { b.Call(method, params, result) }
func (b *tab) until(expression string)                               { b.Until(expression) }
func (b *tab) visit(address string, width, height int)               { b.Visit(address, width, height) }
func (b *tab) resize(width, height int)                              { b.Resize(width, height) }
func (b *tab) fits(width int)                                        { b.Fits(width) }
func (b *tab) press(key string, code int)                            { b.Press(key, code) }
func (b *tab) screenshot(name string)                                { b.Screenshot(name) }
func (b *tab) noProblems()                                           { b.NoProblems() }
