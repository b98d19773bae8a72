using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Jobs.Settings;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed export</c>: what a run trained, in the formats of other tools.</summary>
internal static class ExportCommand
{
    private const string Projector = "projector", Safetensors = "safetensors";

    public static Command Create()
    {
        var run = new RunArguments();
        Option<string?> format = ChoiceOption.Create("--format", "The format.", [.. VectorFormatNames.All, Projector, Safetensors], required: true);
        var output = new Option<string>("--output") { Description = "The file, for the projector the folder.", Required = true, HelpName = "PATH" };
        var words = new Option<string?>("--words") { Description = "File with a word a line: only those, in that order. Words that the run does not know are told and left out.", HelpName = "FILE" };
        var top = new Option<int?>("--top") { Description = "Only the N most frequent words.", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "The whole vector file that the run started from, the run's vectors in their place, and behind them the words that it lacks." };
        var vectors = new Option<string?>("--vectors") { Description = "The file for --all, where it does not lie any more where the job says.", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replaces what is there." };
        var command = new Command("export", """
            Writes the word vectors that a run trained, in a format that other tools read:
              word2vec-text, word2vec-binary, glove, fasttext-vec   as those programs write them
              projector     a folder for TensorBoard's embedding projector: vectors.tsv, metadata.tsv and their description
              safetensors   every table of the model by its name, the embedding with padding and unknown first, and beside it PATH.vocabulary.txt with the words
            The file appears whole or not at all. Words that a format cannot hold (with a blank, a line end or another control character) are left out and named; the
            projector and the vocabulary of safetensors have them with escapes.
            Only the words of the run's vocabulary are written; with --all the other words of its vector file too, as they are there.

            Examples:
              distembed export runs/quickstart-1 --format word2vec-binary --output tuned.bin
              distembed export runs/quickstart-1 --format projector --output projector --top 5000
              distembed export runs/sst2-1 --all --format fasttext-vec --output tuned-glove.vec
              distembed export runs/sst2-1 --step 1200 --format safetensors --output model.safetensors
            """) { format, output, words, top, all, vectors, force };
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(format)!;
            var selection = new Selection(parsed.GetValue(words), parsed.GetValue(top));
            selection.Check(name);
            string? file = parsed.GetValue(vectors);
            CheckAll(name, parsed.GetValue(all), selection, file);
            bool replace = parsed.GetValue(force);
            string path = parsed.GetRequiredValue(output);
            path = name == Projector ? OutputPath.Folder(path, replace) : OutputPath.File(path, replace);
            string vocabulary = path + ".vocabulary.txt";
            if (name == Safetensors)
                OutputPath.File(vocabulary, replace);
            using TrainedRun trained = run.Open(parsed);
            if (name == Safetensors)
            {
                OutputPath.Write(path, () => WriteTables(trained, path, vocabulary));
                Tell($"{trained.Plans.Count} tables", trained, path);
                return ExitCode.Done;
            }

            if (parsed.GetValue(all))
            {
                var completed = CompletedVectors.Of(trained, file, name == Projector ? null : VectorFormatNames.Of(name));
                OutputPath.Write(path, () => WriteAll(trained, completed, name, path));
                Tell(string.Create(CultureInfo.InvariantCulture,
                    $"{completed.Count} words with {trained.Dimension} numbers each, {completed.InPlace} of them the run's in their place and {completed.Added} that it adds,"), trained, path);
                foreach (string note in completed.Notes())
                    Console.Error.WriteLine($"note: {path}: {note}");
                return ExitCode.Done;
            }

            WordVectors written = trained.ReadVectors();
            List<int> rows = selection.Rows(written.Vocabulary);
            LeftOutWords? leftOut = null;
            OutputPath.Write(path, () =>
            {
                if (name == Projector)
                    WriteProjector(trained, written, rows, path);
                else
                    leftOut = VectorExport.Write(written, rows, path, VectorFormatNames.Of(name));
            });
            Tell($"{rows.Count - (leftOut?.Count ?? 0)} words with {written.Dimension} numbers each", trained, path);
            foreach (string note in leftOut?.Notes() ?? [])
                Console.Error.WriteLine($"note: {path}: {note}");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Tell(string what, TrainedRun run, string path) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {what} to {path} ({run.Stage}, weights of step {run.Step})."));

    private static void CheckAll(string format, bool all, Selection selection, string? file)
    {
        if (!all)
        {
            if (file is not null)
                throw new InvalidInputException("--vectors", "has no effect without --all.", "Add --all, or leave it out.");
            return;
        }

        if (format == Safetensors)
            throw new InvalidInputException("--all", "means nothing for safetensors, which holds the tables as they were trained.", "Leave it out, or choose another format.");
        if (selection is not { WordFile: null, Top: null })
            throw new InvalidInputException("--all", $"is given beside {(selection.WordFile is null ? "--top" : "--words")}.", "Keep one of them.");
    }

    private static void WriteAll(TrainedRun run, CompletedVectors vectors, string format, string path)
    {
        if (format != Projector)
        {
            VectorWriter.Write(path, VectorFormatNames.Of(format), run.Dimension, vectors.Count, vectors.Entries());
            return;
        }

        using ProjectorExport export = ProjectorExport.Create(path, run.Stage, run.Dimension, counts: true);
        foreach ((string word, ReadOnlyMemory<float> vector) in vectors.Entries())
            export.Add(word, vector.Span, vectors.CountOf(word));
        export.Complete();
    }

    private static void WriteProjector(TrainedRun run, WordVectors vectors, IReadOnlyList<int> rows, string folder)
    {
        using ProjectorExport export = ProjectorExport.Create(folder, run.Stage, vectors.Dimension, counts: true);
        foreach (int row in rows)
            export.Add(vectors.Vocabulary.Word(row), vectors.Vector(row).Span, vectors.Vocabulary.Count(row));
        export.Complete();
    }

    private static void WriteTables(TrainedRun run, string path, string vocabulary)
    {
        const int BlockNumbers = 1 << 20;
        TableSpec[] tables = [.. run.Plans.Select(p => p.Spec)];
        var metadata = new Dictionary<string, string>
        {
            ["job"] = run.Job.Name,
            ["stage"] = run.Stage,
            ["step"] = run.Step.ToString(CultureInfo.InvariantCulture),
            ["labels"] = JsonSerializer.Serialize(run.Labels, ReportJson.OneLine),
            ["vocabulary"] = Path.GetFileName(vocabulary),
            ["firstWordRow"] = WordVocabulary.FirstWordRow.ToString(CultureInfo.InvariantCulture),
        };
        using SafetensorsWriter writer = SafetensorsWriter.Create(path, [.. tables.Select(t => new SafetensorsTensor(t.Name, [t.Rows, t.Dimension]))], metadata);
        foreach (TableSpec table in tables)
        {
            int block = Math.Max(1, BlockNumbers / table.Dimension);
            for (int first = 0; first < table.Rows; first += block)
                writer.Write(run.ReadRows(table.Name, first, Math.Min(block, table.Rows - first)));
        }

        // First the words, then the tables that point to them: a table file has always its words.
        VocabularyFile.Write(vocabulary, run.Vocabulary);
        writer.Complete();
    }

    /// <summary>Which words are written.</summary>
    private sealed record Selection(string? WordFile, int? Top)
    {
        public void Check(string format)
        {
            if (WordFile is not null && Top is not null)
                throw new InvalidInputException("--top", "is given beside --words.", "Keep one of them.");
            if (Top < 1)
                throw new InvalidInputException("--top", $"is {Top}.", "Give at least 1.");
            if (format == Safetensors && (WordFile is not null || Top is not null))
                throw new InvalidInputException(WordFile is null ? "--top" : "--words", "means nothing for safetensors, which holds whole tables.", "Leave it out, or choose another format.");
        }

        public List<int> Rows(WordVocabulary vocabulary)
        {
            int words = vocabulary.Rows - WordVocabulary.FirstWordRow;
            if (WordFile is null)
                return [.. Enumerable.Range(WordVocabulary.FirstWordRow, Math.Min(words, Top ?? words))];
            using LineSource lines = LineSource.Open(WordFile, "utf-8");
            var rows = new List<int>();
            var unknown = new List<string>();
            foreach (string word in lines.Lines().Where(l => l.Length > 0).Distinct(StringComparer.Ordinal))
            {
                if (vocabulary.TryRowOf(word, out int row))
                    rows.Add(row);
                else
                    unknown.Add(word);
            }

            if (rows.Count == 0)
                throw new InvalidInputException(WordFile, "holds no word that the run knows.", unknown is [{ } first, ..] ? NearestTo(first, vocabulary) : "Write a word a line.");
            if (unknown.Count > 0)
                Console.Error.WriteLine($"note: {WordFile}: {unknown.Count} words are not in the vocabulary and left out: {PrintableText.List(unknown)}");
            return rows;
        }

        private static string NearestTo(string word, WordVocabulary vocabulary)
        {
            IReadOnlyList<string> near = Spelling.Nearest(word, Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Word), 3);
            return near.Count == 0 ? $"It begins with '{word}'." : $"It begins with '{word}'; spelled nearly so: {PrintableText.List(near)}.";
        }
    }
}
