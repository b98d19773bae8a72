using System.Globalization;
using System.Text;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Files;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Parses lines of text: for every word a line number TAB word TAB head TAB relation and an empty line behind, or a JSON object for the whole line.</summary>
internal sealed class ParsePredictor(TrainedRun run, bool jsonLines)
{
    /// <summary>The answer to some lines.</summary>
    public string Answer(string[] texts)
    {
        IReadOnlyList<(string Word, int Row)>[] lines = [.. texts.Select(new LineEncoder(run.Job.Data, run.AllWords).Words)];
        IReadOnlyList<(int[] Heads, int[] Relations)> trees = run.Parse(Examples(lines));
        var answer = new StringBuilder();
        for (int i = 0; i < texts.Length; i++)
        {
            string[] words = [.. lines[i].Select(w => w.Word)], relations = [.. trees[i].Relations.Select(relation => run.Labels[relation])];
            if (jsonLines)
            {
                answer.Append(JsonSerializer.Serialize(new { Words = words, trees[i].Heads, Relations = relations, Text = texts[i] }, ReportJson.OneLine)).Append('\n');
                continue;
            }

            for (int word = 0; word < words.Length; word++)
                answer.Append(CultureInfo.InvariantCulture, $"{word + 1}\t{TabField.Escape(words[word])}\t{trees[i].Heads[word]}\t{TabField.Escape(relations[word])}\n");
            answer.Append('\n');
        }

        return answer.ToString();
    }

    private static ExampleSet Examples(IReadOnlyList<(string Word, int Row)>[] lines)
    {
        int[] starts = new int[lines.Length + 1], annotationStarts = new int[lines.Length + 1], noLabels = new int[lines.Length];
        Array.Fill(noLabels, -1);
        for (int i = 0; i < lines.Length; i++)
        {
            starts[i + 1] = starts[i] + lines[i].Count;
            annotationStarts[i + 1] = annotationStarts[i] + HeadAnnotations.OfWords(lines[i].Count).Length;
        }

        return new ExampleSet(starts, [.. lines.SelectMany(line => line.Select(w => w.Row))], noLabels, annotationStarts, HeadAnnotations.OfWords(starts[^1]));
    }
}
