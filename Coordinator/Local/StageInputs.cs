using System.Globalization;
using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
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
    /// <param name="job">The job.</param>
    /// <param name="stage">The stage.</param>
    /// <exception cref="InvalidInputException">The data cannot be used, or the vectors that decide which words of dev and test it knows.</exception>
    public PreparedData DataOf(JobFile job, JobStage stage)
    {
        string key = DataKey(job, stage.Spec);
        if (!_data.TryGetValue(key, out PreparedData? data))
            _data[key] = data = DataPreparation.Prepare(stage.Spec.Data, stage.Spec.Seed, VectorWordsOf(job, stage.Spec));
        return data;
    }

    /// <summary>The vectors that a stage starts from; null where it names none. Those of another stage belong to one run and are loaded each time.</summary>
    /// <param name="job">The job.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="vectorsOfStage">Path of the vectors that an earlier stage trained, by its name.</param>
    /// <exception cref="InvalidInputException">Data or vectors cannot be used.</exception>
    public LoadedVectors? VectorsOf(JobFile job, JobStage stage, Func<string, string> vectorsOfStage)
    {
        PreparedData data = DataOf(job, stage);
        if (stage.Spec.Vectors is not { File: not null, StageName: null })
            return PreparedStage.LoadVectors(stage.Spec, data.Vocabulary, vectorsOfStage);
        string key = VectorsKey(job, stage.Spec);
        if (!_vectors.TryGetValue(key, out LoadedVectors? vectors))
            _vectors[key] = vectors = PreparedStage.LoadVectors(stage.Spec, data.Vocabulary, vectorsOfStage)!;
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

    /// <summary>Forgets what none of the jobs that are to come needs.</summary>
    public void KeepFor(IEnumerable<JobFile> toCome)
    {
        HashSet<string> data = new(StringComparer.Ordinal), vectors = new(StringComparer.Ordinal);
        foreach ((JobFile job, JobStage stage) in toCome.SelectMany(job => job.Stages.Select(stage => (job, stage))))
        {
            data.Add(DataKey(job, stage.Spec));
            if (stage.Spec.Vectors is { File: not null, StageName: null })
                vectors.Add(VectorsKey(job, stage.Spec));
        }

        foreach (string key in _data.Keys.Where(key => !data.Contains(key)).ToArray())
            _data.Remove(key);
        foreach (string key in _vectors.Keys.Where(key => !vectors.Contains(key)).ToArray())
            _vectors.Remove(key);
    }

    /// <summary>Which words have a vector in what a stage starts from; of a stage before it those of its vocabulary, of which it leaves the vectors.</summary>
    private VectorWords? VectorWordsOf(JobFile job, JobSpec spec)
    {
        if (spec.Vectors.StageName is not { } name)
            return PreparedStage.VectorWordsOf(spec);
        JobStage source = StageOf(job, name);
        return words =>
        {
            WordVocabulary known = DataOf(job, source).Vocabulary;
            return words.Where(word => PlannedStage.IsWordOf(known, word, spec.Vectors.LowerCaseFallback));
        };
    }

    private static string DataKey(JobFile job, JobSpec spec)
    {
        string seed = DataPreparation.DependsOnSeed(spec.Data) ? spec.Seed.ToString(CultureInfo.InvariantCulture) : "any";
        string vectors = "any";
        if (spec.Data is LabelledData { HasLabels: true, Vocabulary: VocabularyParts.Train } && spec.Vectors.File is { } file)
        {
            string source = spec.Vectors.StageName is { } name ? DataKey(job, StageOf(job, name).Spec) : spec.Data.PathOf(file);
            vectors = JsonSerializer.Serialize(new { source, spec.Vectors.LowerCaseFallback }, JobJson.OneLine);
        }

        return $"{seed} {JsonSerializer.Serialize(spec.Data, JobJson.OneLine)} {vectors}";
    }

    private static JobStage StageOf(JobFile job, string name) => job.Stages.First(stage => stage.Name == name);

    // Folds have the same words where those of all parts count.
    private static string VectorsKey(JobFile job, JobSpec spec) => JsonSerializer.Serialize(new
    {
        Data = DataKey(job, spec.Data is LabelledData { Fold: not null, Vocabulary: VocabularyParts.AllParts } data ? spec with { Data = data with { Fold = null } } : spec),
        Path = spec.Data.PathOf(spec.Vectors.File!),
        Context = spec.Vectors.ContextFile is { } context ? spec.Data.PathOf(context) : null,
        spec.Vectors.LowerCaseFallback,
        spec.Vectors.Dimension,
    });
}
