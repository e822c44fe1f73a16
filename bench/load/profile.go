// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// heap returns the bytes in use on the collector's heap after a garbage collection.
func (s *stage) heap(ctx context.Context) (int64, error) {
	answer, err := s.get(ctx, "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	lines := bufio.NewScanner(answer)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "# HeapAlloc = "); ok {
			return strconv.ParseInt(text, 10, 64)
		}
	}
	return 0, errors.Join(errors.New("the heap profile has no HeapAlloc"), lines.Err())
}

// profile takes a processor profile of the collector, if requested, until the returned function is called or the duration has
// passed.
func (b *bench) profile(ctx context.Context, s *stage, name string, d time.Duration) (done func()) {
	if b.profiles == "" {
		return func() {}
	}
	var taking sync.WaitGroup
	taking.Go(func() { b.keep(ctx, s, name, "profile?seconds="+strconv.Itoa(max(1, int(d.Seconds())))) })
	return taking.Wait
}

// keep writes a profile of the collector into the folder for profiles, if there is one.
func (b *bench) keep(ctx context.Context, s *stage, name, kind string) {
	if b.profiles == "" {
		return
	}
	if err := s.takeProfile(ctx, filepath.Join(b.profiles, name+".pprof"), kind); err != nil {
		fmt.Fprintln(os.Stderr, "no profile:", err)
	}
}

func (s *stage) takeProfile(ctx context.Context, path, kind string) error {
	answer, err := s.get(ctx, "/debug/pprof/"+kind)
	if err != nil {
		return err
	}
	defer answer.Close()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, answer)
	return errors.Join(err, file.Close())
}

func (s *stage) get(ctx context.Context, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.pprof+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return answer.Body, nil
}
