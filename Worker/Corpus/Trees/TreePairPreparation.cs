using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Reading;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>Prepares pairs of trees with scores. The labels are the whole scores; an example has none of them, but a place between them. For one use.</summary>
internal sealed class TreePairPreparation(TreePairsData spec, ulong seed, VectorWords? vectors = null)
{
    private readonly CorpusEncoder _encoder = new(spec);
    private readonly List<int[]> _annotations = [];
    private readonly EmptyExamples _empty = new(spec.EmptyText);

    /// <summary>Reads and encodes the parts. A fraction counts only where its part has no files of its own.</summary>
    public PreparedData Prepare()
    {
        var files = new DataFiles(spec);
        Part train = Resolve("data.train", spec.Train, files);
        Part? dev = spec.Dev is null ? null : Resolve("data.dev", spec.Dev, files), test = spec.Test is null ? null : Resolve("data.test", spec.Test, files);
        SourceFile? foldFile = spec.Fold?.File is { } path ? files.Resolve("data.fold.file", path) : null;
        files.ThrowIfMissing();

        int[] trainPairs = Read(train), devPairs = dev is null ? [] : Read(dev), testPairs = test is null ? [] : Read(test);
        int[]? folds = spec.Fold is null ? null : FoldAssignment.Of(spec.Fold, foldFile, trainPairs.Length, train.Scores.Path);
        (int[] kept, int[] splitDev, int[] splitTest) = DataSplit.Of(folds, spec.Fold, trainPairs.Length, dev is null ? spec.DevFraction : 0, test is null ? spec.TestFraction : 0, seed);

        PartVocabulary vocabulary = _encoder.Vocabulary(kept, vectors);
        int[] noLabels = new int[_encoder.Examples];
        Array.Fill(noLabels, -1);
        ExampleSet? Encode(int[] pairs, WordVocabulary words) => pairs.Length == 0 ? null : _encoder.Select(pairs, noLabels, words, _annotations);
        ExampleSet trainSet = Encode(kept, vocabulary.Train)!;
        ExampleSet? devSet = Encode(dev is null ? splitDev : devPairs, vocabulary.Words), testSet = Encode(test is null ? splitTest : testPairs, vocabulary.Words);
        string[] notes =
        [
            Note("train", trainSet), Note("dev", devSet), Note("test", testSet),
            .. vocabulary.Notes(_encoder, spec.MinCount, _encoder.RareIn(kept), devSet, testSet),
            .. _empty.Note is { } empty ? new[] { empty } : [], .. files.Tally.Notes(),
        ];
        string[] labels = [.. Enumerable.Range(spec.LowestScore, spec.HighestScore - spec.LowestScore + 1).Select(score => Invariant($"{score}"))];
        return new PreparedData(vocabulary.Words, labels, trainSet, devSet, testSet, notes) { Folds = folds };
    }

    private static Part Resolve(string setting, TreePairFiles named, DataFiles files) => new(
        files.Resolve($"{setting}.tokensA", named.TokensA), files.Resolve($"{setting}.parentsA", named.ParentsA),
        files.Resolve($"{setting}.tokensB", named.TokensB), files.Resolve($"{setting}.parentsB", named.ParentsB), files.Resolve($"{setting}.scores", named.Scores));

    private static string Note(string part, ExampleSet? pairs) =>
        pairs is null ? $"{part}: none" : Invariant($"{part}: {pairs.Count:N0} pairs, {pairs.TokenCount:N0} tokens");

    private int[] Read(Part part)
    {
        int first = _encoder.Examples;
        foreach ((int line, string[] texts) in SideBySide.Read([part.TokensA, part.ParentsA, part.TokensB, part.ParentsB, part.Scores]))
        {
            GivenName.CheckWords(texts[0], part.TokensA.Path, line);
            GivenName.CheckWords(texts[2], part.TokensB.Path, line);
            if ((SideBySide.Split(texts[0]).Length == 0 || SideBySide.Split(texts[2]).Length == 0)
                && _empty.LeavesOut(Invariant($"{(SideBySide.Split(texts[0]).Length == 0 ? part.TokensA : part.TokensB).Path}:{line}"), ""))
            {
                continue;
            }

            int[] one = ParentTreeReader.Parents(part.ParentsA.Path, line, texts[1], SideBySide.Split(texts[0]).Length, TreeWords.EveryNode);
            int[] other = ParentTreeReader.Parents(part.ParentsB.Path, line, texts[3], SideBySide.Split(texts[2]).Length, TreeWords.EveryNode);
            if (!float.TryParse(texts[4].Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out float score) || !(score >= spec.LowestScore && score <= spec.HighestScore))
            {
                throw new InvalidInputException(Invariant($"{part.Scores.Path}:{line}"), Invariant($"'{texts[4].Trim()}' is no score from {spec.LowestScore} to {spec.HighestScore}."),
                    "Correct it, or set data.lowestScore and data.highestScore.");
            }

            _encoder.Append(texts[0]);
            _encoder.Append(texts[2]);
            _encoder.EndExample();
            _annotations.Add(TreePair.Write(score - spec.LowestScore, one, other));
        }

        _empty.ThrowIfRefused();
        return _encoder.Examples > first ? [.. Enumerable.Range(first, _encoder.Examples - first)] : throw new InvalidInputException(part.Scores.Path, "There is no pair in it.", "Check the files of the part.");
    }

    private sealed record Part(SourceFile TokensA, SourceFile ParentsA, SourceFile TokensB, SourceFile ParentsB, SourceFile Scores);
}
