// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Member is a file of an archive, or a folder if its name ends with a slash.
type Member struct {
	Name    string
	Mode    fs.FileMode
	User    int
	Content []byte
}

// WriteTar writes a tar. All members get the time of the sources, so the same members give the same bytes.
func WriteTar(out io.Writer, at time.Time, members []Member) error {
	w := tar.NewWriter(out)
	for _, m := range members {
		header := &tar.Header{
			Name: m.Name, Mode: int64(m.Mode), Uid: m.User, Gid: m.User, Size: int64(len(m.Content)), ModTime: at.UTC(),
			Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		}
		if strings.HasSuffix(m.Name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return fmt.Errorf("pack %s: %w", m.Name, err)
		}
		if _, err := w.Write(m.Content); err != nil {
			return fmt.Errorf("pack %s: %w", m.Name, err)
		}
	}
	return w.Close()
}
