using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Reading;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Prepares text without labels for cbow and skip-gram.</summary>
internal static class UnlabelledPreparation
{
    // Longer lines are read in pieces. Far longer than a paragraph, and nothing beside the encoded tokens.
    private const int LongestPiece = 1 << 20;

    private const int BestShown = 5;

    public static PreparedData Prepare(PlainTextData spec)
    {
        if (spec.Files.Count == 0)
            throw new InvalidInputException("data.files", "The list is empty.", "Name at least one text file.");
        var files = new DataFiles(spec);
        SourceFile[] sources = [.. spec.Files.SelectMany((path, i) => files.ResolveAll($"data.files[{i}]", path))];
        files.ThrowIfMissing();
        var encoder = new CorpusEncoder(spec);
        foreach (SourceFile source in sources)
            Append(source, encoder);
        string[] read = [.. files.Tally.Notes()];
        if (spec.Phrases is not { } phrases)
            return Finish(spec, encoder, read);
        return Finish(spec, encoder, [NoteOf(encoder), .. phrases.Thresholds.Select((threshold, pass) => NoteOf(pass + 1, encoder.Join(phrases, threshold))), .. read]);
    }

    public static PreparedData Prepare(DataSpec spec, IEnumerable<string> sentences, IReadOnlyList<string> notes)
    {
        var encoder = new CorpusEncoder(spec);
        foreach (string sentence in sentences)
        {
            encoder.Append(sentence);
            encoder.EndExample();
        }
        return Finish(spec, encoder, notes);
    }

    public static ExampleSet Read(DataSpec spec, SourceFile source, VocabularyOfCounts vocabulary)
    {
        LineEncoder.RefusePhrases(spec);
        var encoder = new CorpusEncoder(spec);
        Append(source, encoder);
        return encoder.TakeUnlabelled(vocabulary(encoder.Counts()), DataPreparation.LongestSentence);
    }

    private static void Append(SourceFile source, CorpusEncoder encoder)
    {
        int before = encoder.Tokens;
        using TextReader text = source.OpenText();
        var lines = new LineReader(text, LongestPiece);
        bool bad = false;
        while (lines.ReadPiece(out ReadOnlySpan<char> piece, out bool endsLine))
        {
            bad |= source.IsBad(piece);
            if (!bad)
                encoder.Append(piece);
            if (!endsLine)
                continue;
            if (bad)
            {
                encoder.DropOpen();
                source.Tally.BadRecords++;
            }
            else
            {
                encoder.EndExample();
            }

            bad = false;
        }
        if (encoder.Tokens == before)
            throw new InvalidInputException(source.Path, "There is no word in the file.", $"Check {source.Setting}, data.encoding and data.tokenizer.");
    }

    private static PreparedData Finish(DataSpec spec, CorpusEncoder encoder, IReadOnlyList<string> notes)
    {
        var all = new List<string>(notes);
        WordVocabulary vocabulary = encoder.Vocabulary();
        all.Add(NoteOf(encoder));
        if (encoder.CutExamples > 0)
            all.Add(Invariant($"maxTokens {spec.MaxTokens}: {encoder.CutExamples:N0} lines were cut"));
        int rare = encoder.Words - (vocabulary.Rows - WordVocabulary.FirstWordRow);
        if (rare > 0)
            all.Add(Invariant($"minCount {spec.MinCount}: {rare:N0} rarer words ({encoder.UnknownTokens(vocabulary):N0} tokens) are left out"));
        ExampleSet train = encoder.TakeUnlabelled(vocabulary, DataPreparation.LongestSentence);
        if (!Enumerable.Range(0, train.Count).Any(sentence => train.Tokens(sentence).Length > 1))
        {
            throw new InvalidInputException("data.files", Invariant($"None of the {train.Count:N0} lines has two words that count, so that no word has a neighbour and there is nothing to learn."),
                "Give text with a sentence or paragraph on each line, or lower data.minCount.");
        }

        all.Add(Invariant($"vocabulary: {vocabulary.Rows - WordVocabulary.FirstWordRow:N0} words"));
        all.Add(Invariant($"train: {train.Count:N0} sentences of at most {DataPreparation.LongestSentence} tokens, {train.TokenCount:N0} tokens"));
        return new PreparedData(vocabulary, [], train, null, null, all);
    }

    private static string NoteOf(CorpusEncoder encoder) => Invariant($"text: {encoder.Tokens:N0} tokens, {encoder.Words:N0} words, in {encoder.Examples:N0} lines");

    private static string NoteOf(int pass, PhrasePass found) =>
        Invariant($"phrases, pass {pass}: {found.Phrases.Count:N0} score above {found.Threshold}, joined {found.Joins:N0} times")
        + (found.Phrases.Count > 0 ? $"; the best: {string.Join(", ", found.Phrases.Take(BestShown))}" : "");
}
