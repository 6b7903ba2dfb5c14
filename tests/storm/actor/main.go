// The storm's actors in Go: what _publishers.py and _readers.py do in Python, in the same words.
//
//	actor publish LOG WORDS PLAN       PLAN is a Plan of _publishers.py as JSON
//	actor subscribe LOG WORDS TOPICS   until the storm ends
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// lifetime ends it, should the storm have been killed.
const lifetime = time.Hour

func main() {
	time.AfterFunc(lifetime, func() { os.Exit(3) })
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 5 {
		return fmt.Errorf("found %d arguments; expected 4: main.go says which", len(args)-1)
	}
	log, err := openLog(args[2])
	if err != nil {
		return err
	}
	words, err := mapWords(args[3])
	if err != nil {
		return err
	}
	if args[1] == "publish" {
		return publish(args[4], log, words)
	}
	topics, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	return subscribe(topics, log, words)
}
