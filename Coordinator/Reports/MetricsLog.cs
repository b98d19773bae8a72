using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Reports;

/// <summary>The file metrics.jsonl, a <see cref="StepLog{T}"/>.</summary>
public static class MetricsLog
{
    /// <summary>Starts the file of a new run; one already there is replaced.</summary>
    public static StepLog<MetricsRecord> Create(string path) => StepLog<MetricsRecord>.Create(path);

    /// <summary>Goes on with the file of a run resumed after <paramref name="step"/>: lines of later steps are cut off.</summary>
    /// <exception cref="InvalidInputException">A line before that is not one of this log's.</exception>
    public static StepLog<MetricsRecord> Resume(string path, int step) => StepLog<MetricsRecord>.Resume(path, step);

    /// <summary>Reads every line of a log.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<MetricsRecord> Read(string path) => StepLog<MetricsRecord>.Read(path);

    /// <summary>Reads every finished line of a log that may grow meanwhile; none where there is no file.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<MetricsRecord> ReadFinished(string path) => StepLog<MetricsRecord>.ReadFinished(path);
}
