-- What free text is searched in: subjects and visible texts without hidden blocks, folded. `key` says where
-- a text stands: the thread's id shifted by 26 bits, plus the message's ordinal (0: the subject).

-- Texts that are in the index.
CREATE TABLE search_texts (
    key    INTEGER PRIMARY KEY,
    folded TEXT NOT NULL
) STRICT;

-- Those that came lately and are scanned, until enough of them are there to be indexed in one go.
CREATE TABLE search_tail (
    seq    INTEGER PRIMARY KEY,
    key    INTEGER NOT NULL,
    folded TEXT NOT NULL
) STRICT;

-- Narrows only: may name texts that have changed since. Trigrams without positions.
CREATE VIRTUAL TABLE search_index USING fts5 (
    folded,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = 'trigram case_sensitive 1'
);

-- The trigrams there are, and how many texts hold each.
CREATE VIRTUAL TABLE search_trigrams USING fts5vocab (search_index, row);
