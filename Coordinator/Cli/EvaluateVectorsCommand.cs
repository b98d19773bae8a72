using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed evaluate-vectors</c>: word similarity and analogies.</summary>
internal static class EvaluateVectorsCommand
{
    private static readonly Dictionary<string, MissingWords> s_missing = new() { ["skip"] = MissingWords.Skip, ["zero"] = MissingWords.Zero };
    private static readonly Dictionary<string, AnalogyMethod> s_methods = new() { ["add"] = AnalogyMethod.Add, ["mul"] = AnalogyMethod.Mul };

    public static Command Create()
    {
        var source = new RunArguments("FILE|RUN", "A file of word vectors, the most frequent word first, or the directory of a run, whose embedding is taken.");
        var pairs = new Option<string[]>("--pairs") { Description = "Word pairs with people's scores, as WordSim-353 and SimLex-999 have them: two words and a number a line, with tabs, commas, semicolons or blanks between. May be repeated.", HelpName = "FILE" };
        var analogies = new Option<string[]>("--analogies") { Description = "Analogies in the form of word2vec's questions-words.txt: four words a line, sections begun by ': NAME'. May be repeated.", HelpName = "FILE" };
        var restrict = new Option<int>("--restrict") { Description = "Only the N most frequent words count, as words of pairs and questions and as answers.", DefaultValueFactory = _ => ProbeSpec.DefaultRestrict, HelpName = "N" };
        var caseSensitive = new Option<bool>("--case-sensitive") { Description = "Upper and lower case differ. Default: they do not, and the most frequent of words that differ in case alone stands for all." };
        Option<string?> missing = ChoiceOption.Create("--missing", "What becomes of a pair or question with a word that has no vector: left out, or taken for similarity 0 and a wrong answer. Default: skip.", s_missing.Keys);
        Option<string?> method = ChoiceOption.Create("--method", "How analogies are answered: 3CosAdd or 3CosMul. Default: add.", s_methods.Keys);
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of tables." };
        var command = new Command("evaluate-vectors", """
            Measures word vectors by themselves: how their cosines agree with people's judgements of similarity (Spearman, Pearson), and how many analogies they answer, by
            section. How many pairs and questions have vectors for all their words is always shown. The defaults are those of gensim.

            Examples:
              distembed evaluate-vectors glove.6B.100d.txt.gz --pairs EN-WS-353-ALL.txt --pairs EN-SIMLEX-999.txt
              distembed evaluate-vectors runs/quickstart-1 --stage vectors --pairs my-pairs.csv --json
              distembed evaluate-vectors vectors.bin --analogies questions-words.txt --restrict 30000 --method mul
            """) { pairs, analogies, restrict, caseSensitive, missing, method, json };
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] pairFiles = parsed.GetValue(pairs) ?? [], analogyFiles = parsed.GetValue(analogies) ?? [];
            var conventions = new Conventions
            {
                Restrict = parsed.GetValue(restrict),
                CaseSensitive = parsed.GetValue(caseSensitive),
                Missing = s_missing[parsed.GetValue(missing) ?? "skip"],
                Method = s_methods[parsed.GetValue(method) ?? "add"],
            };
            Check(conventions, pairFiles, analogyFiles, parsed.GetValue(method) is not null);
            IntrinsicSets sets = IntrinsicSets.Read(pairFiles, analogyFiles);
            MeasuredVectors vectors = Directory.Exists(source.PathOf(parsed)) ? OfRun(source, parsed, conventions.Restrict) : OfFile(source, parsed, conventions.Restrict);
            IntrinsicReport report = IntrinsicReport.Of(vectors.Words, sets.Pairs, sets.Analogies, conventions, Environment.ProcessorCount);
            Show(vectors, sets, report, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Check(Conventions conventions, string[] pairs, string[] analogies, bool methodGiven)
    {
        var errors = new List<InputError>();
        if (conventions.Restrict < 1)
            errors.Add(new InputError("--restrict", $"is {conventions.Restrict}.", "Give at least 1."));
        if (pairs.Length + analogies.Length == 0)
            errors.Add(new InputError("--pairs", "is missing, and so is --analogies: there is nothing to measure the vectors by.", "Name a file with either."));
        if (methodGiven && analogies.Length == 0)
            errors.Add(new InputError("--method", "has no effect without analogies.", "Leave it out, or name a file with --analogies."));
        if (errors.Count > 0)
            throw new InvalidInputException(errors);
    }

    private static MeasuredVectors OfFile(RunArguments source, ParseResult parsed, int restrict)
    {
        source.RefuseChoice(parsed);
        string path = source.PathOf(parsed);
        WordDirections? words = null;
        VectorReadCounts counts = FrequentWords.Read(path, restrict, (word, vector) => (words ??= new WordDirections(vector.Length)).Add(word, vector));
        if (counts.HeaderWarning is { } warning)
            Console.Error.WriteLine($"warning: {path}: {warning}");
        return new MeasuredVectors(path, null, null, words ?? throw new InvalidInputException(path, "has no usable vector.", "Fetch the file again, or look at it with: distembed vectors inspect."), counts.Entries, counts.Rejected);
    }

    private static MeasuredVectors OfRun(RunArguments source, ParseResult parsed, int restrict)
    {
        using TrainedRun run = source.Open(parsed);
        var words = WordDirections.Of(run.Vocabulary, run.Dimension, restrict, run.ScanVectors());
        return new MeasuredVectors(run.Directory.Path, run.Stage, run.Step, words, run.Vocabulary.Rows - WordVocabulary.FirstWordRow, words.NotFinite);
    }

    private static void Show(MeasuredVectors vectors, IntrinsicSets sets, IntrinsicReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new { vectors.Source, vectors.Stage, vectors.Step, vectors.Entries, vectors.LeftOut, report.Words, report.Dimension, report.Conventions, report.Similarity, report.Analogies },
                ReportJson.OneLine));
            return;
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{vectors.Source}{(vectors.Stage is { } stage ? $" ({stage}, weights of step {vectors.Step})" : "")}: {report.Words:N0} of {vectors.Entries:N0} words, {report.Dimension} numbers each"));
        if (vectors.LeftOut > 0)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"words left out, since their vectors cannot be used: {vectors.LeftOut:N0}"));
        foreach (WordPairFile set in sets.Pairs.Where(set => set.Header is not null))
            Console.Out.WriteLine($"header of {set.Name}: '{PrintableText.Excerpt(set.Header)}'");
        IntrinsicTable.Write(Console.Out, report);
    }

    /// <summary>The vectors that are measured.</summary>
    /// <param name="Source">The file or the run directory.</param>
    /// <param name="Stage">Stage of the run; null: a file.</param>
    /// <param name="Step">Step of the run; null: a file.</param>
    /// <param name="Words">The most frequent words.</param>
    /// <param name="Entries">Words that there are.</param>
    /// <param name="LeftOut">Words whose vectors cannot be used.</param>
    private sealed record MeasuredVectors(string Source, string? Stage, int? Step, WordDirections Words, long Entries, long LeftOut);
}
