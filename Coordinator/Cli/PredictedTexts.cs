using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary>The texts that are to be predicted: lines, or the texts of a file in the form of the job's data.</summary>
internal sealed class PredictedTexts : IDisposable
{
    private readonly LineSource? _lines;

    private PredictedTexts(LineSource? lines, IEnumerable<string> texts) => (_lines, Texts) = (lines, texts);

    /// <summary>The texts, read once.</summary>
    public IEnumerable<string> Texts { get; }

    /// <summary>Opens a file, or standard input.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">The file; null or <c>-</c>: standard input.</param>
    /// <param name="form">What <c>--form</c> says; null: what the file's name says.</param>
    /// <param name="encoding">What <c>--encoding</c> says; null: that of the job's data.</param>
    public static PredictedTexts Open(TrainedRun run, string? path, string? form, string? encoding)
    {
        DataSpec data = encoding is null ? run.Job.Data : run.Job.Data with { Encoding = encoding };
        bool hasFields = DataPreparation.HasTextFields(data) && run.IsClassifier;
        if (form == "data" && !hasFields)
        {
            throw new InvalidInputException("--form", $"is data, but the job of stage '{run.Stage}' has no texts in columns or fields.",
                "Give lines of text; with labels, use evaluate --data.");
        }

        if (form == "data" || (form is null && hasFields && path is not null && IsNamedAs(data, path)))
            return new PredictedTexts(null, DataPreparation.ReadTexts(data, path ?? JobOrigin.StandardInput));
        var lines = LineSource.Open(path, data.Encoding);
        return new PredictedTexts(lines, lines.Lines());
    }

    /// <inheritdoc/>
    public void Dispose() => _lines?.Dispose();

    private static bool IsNamedAs(DataSpec data, string path)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        string[] endings = data is DelimitedData ? [".csv", ".tsv"] : [".jsonl", ".ndjson", ".json"];
        return endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }
}
