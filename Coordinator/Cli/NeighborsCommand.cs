using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs.Settings;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed neighbors</c>: which words are near, before training and after.</summary>
internal static class NeighborsCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var words = new Argument<string[]>("WORD") { Description = "The words. Default: those of the job's report.neighbors.", Arity = ArgumentArity.ZeroOrMore };
        var count = new Option<int>("--count") { Description = "Neighbors a word.", DefaultValueFactory = _ => 5, HelpName = "K" };
        var command = new Command("neighbors", """
            Shows the nearest neighbors of words by cosine, before training and after, and how far each word moved.

            Examples:
              distembed neighbors runs/quickstart-1
              distembed neighbors runs/quickstart-1 socket thread --count 10
              distembed neighbors runs/quickstart-1 --stage vectors xml
            """) { words, count };
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            int neighbors = parsed.GetValue(count);
            if (neighbors < 1)
                throw new InvalidInputException("--count", $"is {neighbors}.", "Give at least 1.");
            using TrainedRun after = run.Open(parsed);
            string[] asked = parsed.GetValue(words) is { Length: > 0 } given ? given : [.. after.Job.Report.Neighbors];
            if (asked.Length == 0)
                throw new InvalidInputException("WORD", "is missing, and the job names no words in report.neighbors.", "Give words, such as: distembed neighbors RUN good bad.");
            var known = new List<string>();
            var unknown = new List<InputError>();
            foreach (string word in asked)
            {
                if (InVocabulary(after, word) is { } found)
                    known.Add(found);
                else
                    unknown.Add(NotThere(after.Vocabulary, word));
            }

            if (known.Count > 0)
            {
                using TrainedRun before = run.OpenInitial(parsed);
                NeighborTable.Show(before.ReadVectors(), after.ReadVectors(), known, neighbors);
            }

            return unknown.Count == 0 ? ExitCode.Done : throw new InvalidInputException(unknown);
        });
        return command;
    }

    /// <summary>The word as the vocabulary has it: as given, or lower-cased as the job lower-cases its text.</summary>
    private static string? InVocabulary(TrainedRun run, string word)
    {
        if (run.Vocabulary.TryRowOf(word, out _))
            return word;
        string lower = word.ToLowerInvariant();
        return run.Job.Data.LowerCase && run.Vocabulary.TryRowOf(lower, out _) ? lower : null;
    }

    private static InputError NotThere(WordVocabulary vocabulary, string word)
    {
        IEnumerable<string> words = Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Word);
        IReadOnlyList<string> near = Spelling.Nearest(word, words, count: 3);
        return new InputError(word, "is not in the vocabulary.", near.Count == 0 ? "No word of it is spelled nearly so." : $"Spelled nearly so: {string.Join(", ", near)}.");
    }
}
