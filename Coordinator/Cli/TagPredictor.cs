using System.Text;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Files;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tags lines of text: for every word a line word TAB tag and an empty line behind, or a JSON object for the whole line.</summary>
internal sealed class TagPredictor(TrainedRun run, bool jsonLines)
{
    /// <summary>The answer to some lines.</summary>
    public string Answer(string[] texts)
    {
        IReadOnlyList<(string Word, int Row)>[] lines = [.. texts.Select(new LineEncoder(run.Job.Data, run.AllWords).Words)];
        IReadOnlyList<int[]> tags = run.Tag(Examples(lines));
        var answer = new StringBuilder();
        for (int i = 0; i < texts.Length; i++)
        {
            string[] words = [.. lines[i].Select(w => w.Word)], names = [.. tags[i].Select(tag => run.Labels[tag])];
            if (jsonLines)
            {
                answer.Append(JsonSerializer.Serialize(new { Words = words, Tags = names, Text = texts[i] }, ReportJson.OneLine)).Append('\n');
                continue;
            }

            foreach ((string word, string name) in words.Zip(names))
                answer.Append(TabField.Escape(word)).Append('\t').Append(TabField.Escape(name)).Append('\n');
            answer.Append('\n');
        }

        return answer.ToString();
    }

    private static ExampleSet Examples(IReadOnlyList<(string Word, int Row)>[] lines)
    {
        int[] starts = new int[lines.Length + 1], annotationStarts = new int[lines.Length + 1];
        List<int> rows = [], annotations = [];
        for (int i = 0; i < lines.Length; i++)
        {
            rows.AddRange(lines[i].Select(w => w.Row));
            annotations.AddRange(TagAnnotations.Of(
                [.. Enumerable.Repeat(TagAnnotations.None, lines[i].Count)], [.. lines[i].Select(w => (int)WordCases.Of(w.Word))]));
            (starts[i + 1], annotationStarts[i + 1]) = (rows.Count, annotations.Count);
        }

        int[] noLabels = new int[lines.Length];
        Array.Fill(noLabels, -1);
        return new ExampleSet(starts, [.. rows], noLabels, annotationStarts, [.. annotations]);
    }
}
