"""Checks a log with pymerkle, which knows nothing of us and builds its own tree from the events' headers and salts.

Inclusion proofs are given to pymerkle's verifier as they are. Its consistency proofs are of another form than
RFC 6962's, so for these its tree gives the node hashes that section 2.1.2 names, and its own proof must hold between
the same two roots. It says "accept" or "refuse" for each case and decides nothing else.
"""
import base64
import hashlib
import json
import sys

from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion
from pymerkle.core import _inclusion_path_layout
from pymerkle.proof import InclusionProof


def leaf_data(event):
    salt, header = base64.b64decode(event["salt"]), base64.b64decode(event["header"])
    return hashlib.sha256(b"daylight/event/v1" + salt + len(header).to_bytes(8, "big") + header).digest()


def decoded(case, *names):
    return [base64.b64decode(case[name]) for name in names]


def includes(case):
    leaf, root = decoded(case, "leaf", "root")
    index, size = case["position"] + 1, case["size"]
    if not 0 < index <= size:
        return False
    rule, _ = _inclusion_path_layout(index, size)
    path = [leaf] + [base64.b64decode(step) for step in case["proof"]]
    proof = InclusionProof("sha256", True, size, index, rule, path)
    try:
        verify_inclusion(leaf, root, proof, index=index, size=size, algorithm="sha256")
    except InvalidProof:
        return False
    return True


def subproof(tree, old, start, end, is_whole):
    """RFC 6962, section 2.1.2, over the leaves start..end."""
    if old == end - start:
        return [] if is_whole else [node(tree, start, end)]
    split = 1 << (end - start - 1).bit_length() - 1
    middle = start + split
    if old <= split:
        return subproof(tree, old, start, middle, is_whole) + [node(tree, middle, end)]
    return subproof(tree, old - split, middle, end, False) + [node(tree, start, middle)]


def node(tree, start, end):
    """The hash over leaves start..end, folded by pymerkle from whole subtrees."""
    count = end - start
    if count & (count - 1) == 0:
        return tree._get_subroot(start, count)
    middle = start + (1 << (count - 1).bit_length() - 1)
    return tree.hash_pair(node(tree, start, middle), node(tree, middle, end))


def continues(tree, case):
    old_root, root = decoded(case, "old_root", "root")
    old, size = case["old"], case["size"]
    proof = [base64.b64decode(step) for step in case["proof"]]
    if not 0 < old <= size <= tree.get_size():
        return False
    if old_root != tree.get_state(old) or root != tree.get_state(size):
        return False
    try:
        verify_consistency(old_root, root, tree.prove_consistency(old, size))
    except InvalidProof:
        return False
    return proof == subproof(tree, old, 0, size, True)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    tree = InmemoryTree(algorithm="sha256")
    for event in cases["events"]:
        tree.append_entry(leaf_data(event))

    def say(what, holds):
        print(what, "accept" if holds else "refuse")

    for case in cases["inclusion"]:
        say("inclusion", includes(case))
    for case in cases["consistency"]:
        say("consistency", continues(tree, case))
    say("root", tree.get_state() == base64.b64decode(cases["root"]))


main()
