// Checks a log with Go's own golang.org/x/mod/sumdb, which knows nothing of us: checkpoints, proofs, and the tiles as
// they lie on disk. It says "accept" or "refuse" for each case and decides nothing else.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type cases struct {
	Key         string
	Tree        string
	Size        int64
	Root        tlog.Hash
	Checkpoints []string
	Inclusion   []struct {
		Leaf, Root      tlog.Hash
		Position, Size int64
		Proof           []tlog.Hash
	}
	Consistency []struct {
		OldRoot   tlog.Hash `json:"old_root"`
		Root      tlog.Hash
		Old, Size int64
		Proof     []tlog.Hash
	}
}

func main() {
	bytes, err := os.ReadFile(os.Args[1])
	must(err)
	var all cases
	must(json.Unmarshal(bytes, &all))
	verifier, err := note.NewVerifier(all.Key)
	must(err)
	for _, checkpoint := range all.Checkpoints {
		_, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
		say("checkpoint", err)
	}
	for _, c := range all.Inclusion {
		say("inclusion", tlog.CheckRecord(c.Proof, c.Size, c.Root, c.Position, c.Leaf))
	}
	for _, c := range all.Consistency {
		say("consistency", tlog.CheckTree(c.Proof, c.Size, c.Root, c.Old, c.OldRoot))
	}
	root, err := tlog.TreeHash(all.Size, onDisk(all.Tree, all.Size))
	if err == nil && root != all.Root {
		err = fmt.Errorf("another root")
	}
	say("tiles", err)
}

func say(what string, err error) {
	if err == nil {
		fmt.Println(what, "accept")
	} else {
		fmt.Println(what, "refuse")
	}
}

// The tiles of C2SP tlog-tiles, which are 8 levels high and named a little differently than Go names them.
func onDisk(tree string, size int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, 0, len(indexes))
		for _, index := range indexes {
			tile := tlog.TileForIndex(8, index)
			name := strings.TrimPrefix(tlog.Tile{H: 8, L: tile.L, N: tile.N, W: 256}.Path(), "tile/8/")
			path := filepath.Join(tree, "tile", name)
			if there := size >> (8 * tile.L); (tile.N+1)*256 > there {
				path = fmt.Sprintf("%s.p/%d", path, there%256)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			if len(data) < tile.W*tlog.HashSize {
				return nil, fmt.Errorf("%s is too short", path)
			}
			hash, err := tlog.HashFromTile(tile, data[:tile.W*tlog.HashSize], index)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, hash)
		}
		return hashes, nil
	})
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
