using System.Globalization;
using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// What stages read, made once for all stages that would make the same: prepared data where the data settings are equal, and the seed too where it has a part in them;
/// loaded vectors where the vocabulary and the file are; the files of probes. Neither ever changes once made, so sharing changes no bit. A file that is replaced meanwhile is not read again.
/// </summary>
public sealed class StageInputs
{
    private readonly Dictionary<string, PreparedData> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoadedVectors> _vectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<Probe>> _probes = new(StringComparer.Ordinal);

    /// <summary>The prepared data of a stage.</summary>
    /// <exception cref="InvalidInputException">The data cannot be used.</exception>
    public PreparedData DataOf(JobSpec job)
    {
        string key = DataKey(job);
        if (!_data.TryGetValue(key, out PreparedData? data))
            _data[key] = data = DataPreparation.Prepare(job.Data, job.Seed);
        return data;
    }

    /// <summary>The vectors that a stage starts from; null where it names none. Those of another stage belong to one run and are loaded each time.</summary>
    /// <param name="job">The stage.</param>
    /// <param name="vectorsOfStage">Path of the vectors that an earlier stage trained, by its name.</param>
    /// <exception cref="InvalidInputException">Data or vectors cannot be used.</exception>
    public LoadedVectors? VectorsOf(JobSpec job, Func<string, string> vectorsOfStage)
    {
        PreparedData data = DataOf(job);
        if (job.Vectors is not { File: not null, StageName: null })
            return PreparedStage.LoadVectors(job, data.Vocabulary, vectorsOfStage);
        string key = VectorsKey(job);
        if (!_vectors.TryGetValue(key, out LoadedVectors? vectors))
            _vectors[key] = vectors = PreparedStage.LoadVectors(job, data.Vocabulary, vectorsOfStage)!;
        return vectors;
    }

    /// <summary>The probes of a stage.</summary>
    /// <exception cref="InvalidInputException">A file cannot be used; carries the errors of all.</exception>
    public IReadOnlyList<Probe> ProbesOf(JobSpec job)
    {
        string key = JsonSerializer.Serialize(new { job.Data.Root, job.Evaluation.Probes }, JobJson.OneLine);
        if (!_probes.TryGetValue(key, out IReadOnlyList<Probe>? probes))
            _probes[key] = probes = Probe.ReadAll(job);
        return probes;
    }

    /// <summary>Forgets what none of the stages that are to come needs.</summary>
    public void KeepFor(IEnumerable<JobSpec> toCome)
    {
        HashSet<string> data = new(StringComparer.Ordinal), vectors = new(StringComparer.Ordinal);
        foreach (JobSpec job in toCome)
        {
            data.Add(DataKey(job));
            if (job.Vectors is { File: not null, StageName: null })
                vectors.Add(VectorsKey(job));
        }

        foreach (string key in _data.Keys.Where(key => !data.Contains(key)).ToArray())
            _data.Remove(key);
        foreach (string key in _vectors.Keys.Where(key => !vectors.Contains(key)).ToArray())
            _vectors.Remove(key);
    }

    private static string DataKey(JobSpec job)
    {
        string seed = DataPreparation.DependsOnSeed(job.Data) ? job.Seed.ToString(CultureInfo.InvariantCulture) : "any";
        return $"{seed} {JsonSerializer.Serialize(job.Data, JobJson.OneLine)}";
    }

    // Folds have the same words: those of all parts.
    private static string VectorsKey(JobSpec job) =>
        JsonSerializer.Serialize(new { Data = DataKey(job.Data is LabelledData { Fold: not null } data ? job with { Data = data with { Fold = null } } : job), Path = job.Data.PathOf(job.Vectors.File!), Context = job.Vectors.ContextFile is { } context ? job.Data.PathOf(context) : null, job.Vectors.LowerCaseFallback, job.Vectors.Dimension });
}
