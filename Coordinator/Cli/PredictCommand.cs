using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed predict</c>: lines in, labels with their probabilities out, or words with their tags or heads.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var vectors = new VectorsOption();
        var file = new Argument<string?>("FILE") { Description = "Text, an example a line, .gz too; - or none: standard input.", Arity = ArgumentArity.ZeroOrOne };
        var top = new Option<int>("--top") { Description = "Labels a line, most probable first.", DefaultValueFactory = _ => 1, HelpName = "K" };
        var encoding = new Option<string?>("--encoding") { Description = "Encoding of the text. Default: that of the job's data.", HelpName = "NAME" };
        var probabilities = new Option<bool>("--probabilities") { Description = "Gives the probability of every label too, in the order of the run's labels." };
        Option<string?> form = ChoiceOption.Create(
            "--form", "Form of FILE: lines, or data: that of the job's CSV or JSON lines, whose texts are read without labels. Default: data where FILE is named as such a file.", ["lines", "data"]);
        var jsonLines = new Option<bool>("--json-lines") { Description = "Writes a JSON object a line." };
        var command = new Command("predict", """
            Labels lines with a classifier that a run trained: a line out for every line in, label TAB probability TAB text.
            Of a tagger: a line word TAB tag for every word, and an empty line after every line of text.
            Of a parser: a line number TAB word TAB head TAB relation for every word, and an empty line after every line of text; the head 0 is the root.
            In these columns a tab, newline, carriage return and backslash stand as \t \n \r \\, other control characters as \uXXXX; --json-lines has JSON's escapes.
            Lines are cut into words as the job's data were; those of a tagger or parser by data.tokenizer. A line without any word, an empty one too, gets what the model gives for no word.
            A word that the training data lack takes its vector from the job's vector file, or from --vectors; how many tokens are unknown all the same is written to
            standard error.
            Standard output ends early without an error when nobody reads it any more. At a terminal every line is answered at once.

            Examples:
              distembed predict runs/quickstart-1 sentences.txt
              echo "Sends bytes over a connected socket." | distembed predict runs/quickstart-1 --top 3
              distembed predict runs/sst2-1 reviews.txt.gz --json-lines | head
              distembed predict runs/reviews-1 new.csv --probabilities
            """) { file, top, probabilities, form, encoding, jsonLines };
        run.AddTo(command);
        vectors.AddTo(command);
        command.SetAction(parsed =>
        {
            using TrainedRun trained = run.OpenPredicting(parsed);
            if (trained.IsClassifier && trained.Job.Model.Reads != DataForm.Labels)
                throw new InvalidInputException(trained.Directory.Path, $"stage '{trained.Stage}' labels trees, and a line of text is none.", "Use evaluate with a file of the data's form.");
            int labels = parsed.GetValue(top);
            bool all = parsed.GetValue(probabilities);
            if (!trained.IsClassifier && all)
                throw new InvalidInputException("--probabilities", $"means nothing for stage '{trained.Stage}', which gives each word one {(trained.IsTagger ? "tag" : "head")}.", "Leave it out.");
            if (all && parsed.GetResult(top) is { Implicit: false })
                throw new InvalidInputException("--probabilities", "gives every label, so --top beside it would have no effect.", "Keep one of them.");
            if (!trained.IsClassifier && parsed.GetResult(top) is { Implicit: false })
                throw new InvalidInputException("--top", $"means nothing for stage '{trained.Stage}', which gives each word one {(trained.IsTagger ? "tag" : "head")}.", "Leave it out.");
            if (trained is { IsParser: true, Symbols.Count: > 0 })
                throw new InvalidInputException(trained.Directory.Path, $"the parser of stage '{trained.Stage}' reads part-of-speech tags, which lines of text do not have.", "Train one with data.tags none, or use evaluate --data with a CoNLL file.");
            if (labels < 1 || labels > trained.Labels.Count)
                throw new InvalidInputException("--top", $"is {labels}, but the run has {trained.Labels.Count} labels.", $"Give a number from 1 to {trained.Labels.Count}.");
            vectors.Replace(parsed, trained);
            var outside = new OutsideWords(trained, vectors.FileOf(parsed));
            string? path = parsed.GetValue(file);
            using PredictedTexts texts = PredictedTexts.Open(trained, path, parsed.GetValue(form), parsed.GetValue(encoding));
            // Chunks of one size whatever the pace of the input, so that a line's bits do not hang on it.
            int chunk = path is null or "-" && !Console.IsInputRedirected ? 1 : EvaluateChunks.ChunkSize;
            Func<string[], string> answer = trained.IsTagger
                ? new TagPredictor(trained, parsed.GetValue(jsonLines)).Answer
                : trained.IsParser
                ? new ParsePredictor(trained, parsed.GetValue(jsonLines)).Answer
                : new Predictor(trained, labels, all, parsed.GetValue(jsonLines)).Answer;
            foreach (string[] some in outside.Cover(texts.Texts.Chunk(chunk), readsAhead: chunk > 1))
            {
                Console.Out.Write(answer(some));
                if (OutputPipe.IsBroken())
                    break;
            }

            if (outside.Note() is { } note)
                Console.Error.WriteLine(note);
            return ExitCode.Done;
        });
        return command;
    }

    private sealed class Predictor(TrainedRun run, int top, bool all, bool jsonLines)
    {
        private readonly StringBuilder _answer = new();

        public string Answer(string[] texts)
        {
            int labels = run.Labels.Count;
            float[] probabilities = run.Predict(Encode(texts));
            _answer.Clear();
            for (int i = 0; i < texts.Length; i++)
            {
                float[] row = probabilities[(i * labels)..((i + 1) * labels)];
                // The order is stable, so of equal labels the first counts, as in an evaluation.
                Guess[] best = [.. Enumerable.Range(0, labels).OrderByDescending(label => row[label]).Take(top).Select(label => new Guess(run.Labels[label], row[label]))];
                Guess[] every = all ? [.. Enumerable.Range(0, labels).Select(label => new Guess(run.Labels[label], row[label]))] : [];
                if (jsonLines)
                    _answer.Append(JsonSerializer.Serialize(new { best[0].Label, best[0].Probability, Text = texts[i], Top = top > 1 ? best : null, Probabilities = all ? every : null }, ReportJson.OneLine));
                else
                    _answer.AppendJoin('\t', best.Concat(every).Select(b => string.Create(CultureInfo.InvariantCulture, $"{TabField.Escape(b.Label)}\t{b.Probability:F6}"))).Append('\t').Append(TabField.Escape(texts[i]));
                _answer.Append('\n');
            }

            return _answer.ToString();
        }

        private ExampleSet Encode(string[] texts)
        {
            int[][] rows = [.. texts.Select(new LineEncoder(run.Job.Data, run.AllWords).Encode)];
            int[] starts = new int[rows.Length + 1];
            for (int i = 0; i < rows.Length; i++)
                starts[i + 1] = starts[i] + rows[i].Length;
            return new ExampleSet(starts, [.. rows.SelectMany(r => r)], new int[rows.Length]);
        }
    }

    private sealed record Guess(string Label, float Probability);
}
