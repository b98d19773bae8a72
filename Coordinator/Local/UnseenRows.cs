using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Rows of a stage's embedding that training never changed, and how much of its dev and test part reads them.</summary>
public static class UnseenRows
{
    /// <summary>Compares the embedding with its start.</summary>
    /// <param name="start">How the stage started.</param>
    /// <param name="after">What it trained.</param>
    public static WordRowStates StatesOf(StageRows start, TrainedRun after)
    {
        FirstRows first = start.First("embedding");
        return WordRowStates.Of(after.Vocabulary.Rows, first.Table.Dimension, first.Read, first.HasVector, after.ScanOf("embedding"));
    }

    /// <summary>Counts the tokens of each part.</summary>
    /// <param name="states">What training did to the rows.</param>
    /// <param name="vocabulary">The words.</param>
    /// <param name="parts">The parts.</param>
    /// <param name="words">Words to name of each, at most.</param>
    public static IReadOnlyList<UnseenPart> Count(WordRowStates states, WordVocabulary vocabulary, IReadOnlyList<PredictedPart> parts, int words) =>
    [
        .. parts.Select(part =>
        {
            var counted = UnseenTokens.Of(part.Examples, states, part.Right(), words);
            return new UnseenPart(
                part.Name, counted.All.Tokens, counted.All.Words, Of(counted.Pretrained), Of(counted.NoVector), counted.UnknownTokens, Scored(counted.With), Scored(counted.Without),
                [.. counted.Words.Select(w => new FrequentUnseen(vocabulary.Word(w.Row), w.Tokens, w.Pretrained))]);
        }),
    ];

    private static UnseenCount Of(WordCount count) => new(count.Tokens, count.Words);

    private static ScoredExamples Scored(ExampleCount count) => new(count.Examples, count.Right);
}
