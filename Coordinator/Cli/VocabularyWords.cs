using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs.Settings;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Words that a user names, as the vocabulary of a run has them.</summary>
internal static class VocabularyWords
{
    /// <summary>Rows of the words that there are, each once, and an error for each that is not there.</summary>
    public static (IReadOnlyList<int> Rows, IReadOnlyList<InputError> Unknown) Find(TrainedRun run, IEnumerable<string> words)
    {
        var rows = new List<int>();
        var unknown = new List<InputError>();
        foreach (string word in words)
        {
            if (RowOf(run, word) is not { } row)
                unknown.Add(NotThere(run.Vocabulary, word));
            else if (!rows.Contains(row))
                rows.Add(row);
        }

        return (rows, unknown);
    }

    /// <summary>The row of a word as it is given, or lower-cased as the job lower-cases its text.</summary>
    private static int? RowOf(TrainedRun run, string word)
    {
        if (run.Vocabulary.TryRowOf(word, out int row))
            return row;
        return run.Job.Data.LowerCase && run.Vocabulary.TryRowOf(LowerCase.Of(word), out int lower) ? lower : null;
    }

    private static InputError NotThere(WordVocabulary vocabulary, string word)
    {
        IEnumerable<string> words = Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Word);
        IReadOnlyList<string> near = Spelling.Nearest(word, words, count: 3);
        return new InputError(word, "is not in the vocabulary.", near.Count == 0 ? "No word of it is spelled nearly so." : $"Spelled nearly so: {PrintableText.List(near)}.");
    }
}
