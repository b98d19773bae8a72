using System.Globalization;
using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports;

/// <summary>The folds of a sweep that cross-validates: every variant is trained once for each, with that fold as its test part.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="File">Full path of a file that says which example is in which; null: by chance, or as the job says.</param>
public sealed record SweepFolds(int Count, string? File)
{
    /// <summary>The option that asks for folds.</summary>
    public const string Option = "--folds";

    /// <summary>The option that names the file.</summary>
    public const string FileOption = "--fold-file";

    /// <summary>Name of the file in a sweep's directory that keeps which example is in which fold.</summary>
    public const string FileName = "folds.txt";

    /// <summary>The settings that make a fold the test part of each stage that learns from labelled text.</summary>
    /// <param name="job">The job without folds.</param>
    /// <param name="index">The fold, from 1.</param>
    /// <exception cref="InvalidInputException">The job has no such stage.</exception>
    public IEnumerable<JobSetting> SettingsFor(JobFile job, int index)
    {
        JobStage[] labelled = [.. job.Stages.Where(stage => stage.Spec.Data.HasLabels)];
        if (labelled.Length == 0)
            throw new InvalidInputException(Option, $"job {job.Name} has no stage with labelled text, so there is nothing to test.", "Leave it out.");
        foreach (JobStage stage in labelled)
        {
            string path = job.IsOneStage ? "data.fold" : $"stages.{stage.Name}.data.fold";
            yield return new JobSetting(string.Create(CultureInfo.InvariantCulture, $"{path}.of={Count}"), Option);
            yield return new JobSetting(string.Create(CultureInfo.InvariantCulture, $"{path}.index={index}"), Option);
            if (File is not null)
                yield return new JobSetting($"{path}.file={JsonSerializer.Serialize(File, JobJson.OneLine)}", FileOption);
        }
    }
}
