using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A job as its file gives it, resolved: defaults filled in, stages spelt out, every setting checked.
/// <para>
/// Data are enough: the job's name is the file's, and model, optimizers, length and dimension have defaults that depend on the data and on each other (README.md lists
/// them). Relative paths start from the file's folder unless the job gives <c>data.root</c>.
/// </para>
/// <para>
/// A file is one <see cref="JobSpec"/>, or has a key <c>stages</c> beside the job's keys: a list of objects with a <c>name</c> and the settings in which the
/// stage differs. A stage is the JSON merge patch (RFC 7396) of the file's top level with the stage's object: objects merge key by key, lists and plain values are
/// replaced. An object whose <c>kind</c> (or <c>format</c>) changes is replaced as a whole, since the keys of another kind make no sense. Null means "not set"
/// everywhere: the default applies, an entry of a map is gone, and where "none" is a value of its own, as in the text-cnn's <c>maxNorm</c>, it is that.
/// The stages run in order; <c>vectors.file</c> may be <c>stage:NAME</c>, the vectors of an earlier one; the last stage's result is the run's result.
/// </para>
/// </summary>
public sealed class JobFile
{
    private const string StagesKey = "stages";
    private const string SchemaKey = "$schema";

    private JobFile(string name, IReadOnlyList<JobStage> stages) => (Name, Stages) = (name, stages);

    /// <summary>The job's name.</summary>
    public string Name { get; }

    /// <summary>The stages in order; one where the file has none.</summary>
    public IReadOnlyList<JobStage> Stages { get; }

    /// <summary>
    /// Which result the job leads to: SHA-256 (hex) of the stages' names and <see cref="JobFingerprint"/>s in order. Unlike a single stage's it covers the
    /// stages whose vectors a later one starts from.
    /// </summary>
    public string Fingerprint => JobFingerprint.Of(Stages);

    /// <summary>Reads and checks the job file at <paramref name="path"/>.</summary>
    /// <param name="path">The file, or <c>-</c> for standard input. Messages name it as given.</param>
    /// <param name="settings">Settings from the command line that come on top, see <see cref="Parse"/>.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or anything in it is wrong; carries every error.</exception>
    public static JobFile Load(string path, IReadOnlyList<string>? settings = null)
    {
        return Parse(ReadText(path), path, settings, origin: JobOrigin.OfFile(path));
    }

    /// <summary>
    /// Reads and checks the job of a run directory. It has every setting written out, so one that is absent is younger than the run, and is what was done before: the vocabulary
    /// of all parts. Its paths are full; in old runs they start from the current folder.
    /// </summary>
    /// <param name="path">The run's <c>job.json</c>.</param>
    /// <param name="settings">Settings from the command line that come on top, see <see cref="Parse"/>.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or anything in it is wrong; carries every error.</exception>
    public static JobFile LoadStored(string path, IReadOnlyList<string>? settings = null) => Parse(ReadText(path), path, settings, isStored: true);

    /// <summary>Reads the text of the job file at <paramref name="path"/>, unchecked.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return path == JobOrigin.StandardInput ? Console.In.ReadToEnd() : File.ReadAllText(path);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(new InputError(path, "there is no such job file.", "Give the path of a job file."), cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(path, $"the job file cannot be read: {cause.Message}", "Give the path of a readable file."), cause);
        }
    }

    /// <summary>Reads and checks a job.</summary>
    /// <param name="text">JSON; comments and trailing commas are allowed, and a top-level key <c>$schema</c> for editors.</param>
    /// <param name="name">What messages call the text: the file's name.</param>
    /// <param name="settings">
    /// Settings <c>path=value</c>, applied in order before the stages are made, each a merge patch of one key. Dots walk objects, numbers walk lists (the next
    /// number appends), <c>stages.NAME.</c> walks into a stage; without it a setting reaches every stage that does not say otherwise. The value is JSON where it
    /// reads as JSON, else text.
    /// </param>
    /// <param name="further">Settings that other options give, applied in order after <paramref name="settings"/>.</param>
    /// <param name="origin">What names the job and where its paths start; null: the name is that of <paramref name="name"/>, and paths stay as they are.</param>
    /// <param name="isStored">Whether a program may have written the text that had fewer settings, see <see cref="LoadStored"/>.</param>
    /// <exception cref="InvalidInputException">Anything is wrong; carries every error, in the order of the file, then of the settings.</exception>
    public static JobFile Parse(
        string text, string name, IReadOnlyList<string>? settings = null, IReadOnlyList<JobSetting>? further = null, JobOrigin? origin = null, bool isStored = false)
    {
        origin ??= new JobOrigin(JobOrigin.NameOf(name), null);
        var errors = new List<SettingError>();
        SettingObject root = Read(text, name, errors).Without(SchemaKey);
        JobSetting[] given = [.. (settings ?? []).Select(assignment => new JobSetting(assignment)), .. further ?? []];
        for (int i = 0; i < given.Length; i++)
            root = SettingOverride.Apply(root, given[i], i + 1, errors);

        var report = new JobErrors();
        errors.ForEach(report.Add);
        List<StageSource> sources = Split(root, report);
        var specs = new List<JobSpec?>();
        foreach (StageSource source in sources)
            specs.Add(Bind(source, origin, isStored, report));
        CheckStageVectors(sources, specs, report);
        CheckFlagsReachAStage(root, sources, report);
        report.ThrowIfAny(sources.Count);

        JobStage[] stages = [.. sources.Zip(specs, (source, spec) => new JobStage(source.Name ?? spec!.Name, Pinned(spec!.Resolved())))];
        return new JobFile(stages[0].Spec.Name, stages);
    }

    /// <summary>Whether the job is one training run, without stages.</summary>
    public bool IsOneStage => Stages is [{ } only] && only.Name == Name;

    /// <summary>The job of one stage alone, as its own directory keeps it.</summary>
    public static JobFile Of(JobStage stage) => new(stage.Name, [stage with { Spec = stage.Spec with { Name = stage.Name } }]);

    /// <summary>The job as <c>job.json</c> holds it: every setting written out, without comments. Reading it gives the same job.</summary>
    public string ToJson()
    {
        if (IsOneStage)
            return JsonSerializer.Serialize(Stages[0].Spec, JobJson.Options) + "\n";
        var stages = new JsonArray();
        foreach (JobStage stage in Stages)
        {
            JsonObject spec = JsonSerializer.SerializeToNode(stage.Spec, JobJson.Options)!.AsObject();
            spec["name"] = stage.Name;
            stages.Add((JsonNode)spec);
        }
        return new JsonObject { ["name"] = Name, [StagesKey] = stages }.ToJsonString(JobJson.Options) + "\n";
    }

    private static SettingObject Read(string text, string name, List<SettingError> errors)
    {
        SettingNode root;
        try
        {
            root = SettingReader.Read(text.TrimStart('\uFEFF'), "", (line, path) => new SettingOrigin(name, line, path), errors);
        }
        catch (JsonException cause)
        {
            // The message ends with its own place, counted from 0 and in bytes.
            string message = cause.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            throw new InvalidInputException(new InputError($"{name}:{Place(text, cause)}", message, "The file has to be JSON; comments and trailing commas are allowed."), cause);
        }
        return root as SettingObject
            ?? throw new InvalidInputException($"{name}:{root.Origin.Line}", $"must be an object, found {root.Found}.", "Write the job as { \"name\": ..., ... }.");
    }

    /// <summary>The job with the build of its own model filled in, where it can be read: which one that is belongs to what the job is.</summary>
    private static JobSpec Pinned(JobSpec spec) =>
        spec is { Model: CustomModelSpec { Sha256: null } custom, ModelPath: { } path } && ModelAssembly.HashOf(path) is { } hash ? spec with { Model = custom with { Sha256 = hash } } : spec;

    private static string Place(string text, JsonException cause)
    {
        int line = (int)(cause.LineNumber ?? 0);
        if (cause.BytePositionInLine is not { } bytes)
            return $"{line + 1}";
        byte[] content = Encoding.UTF8.GetBytes(text.Split('\n').ElementAtOrDefault(line) ?? "");
        return $"{line + 1}:{Encoding.UTF8.GetCharCount(content, 0, (int)Math.Min(bytes, content.Length)) + 1}";
    }

    private static List<StageSource> Split(SettingObject root, JobErrors report)
    {
        if (root[StagesKey] is null or { IsNull: true })
            return [new StageSource(null, "", root.Without(StagesKey))];
        if (root[StagesKey] is not SettingList { Items.Count: > 0 } list)
        {
            string found = root[StagesKey] is SettingList ? "an empty list" : root[StagesKey]!.Found;
            report.Add(SettingError.Of(root[StagesKey]!, $"must be a list of stages, found {found}.", "Write each as { \"name\": ..., settings that differ }."));
            return [];
        }
        SettingObject shared = root.Without(StagesKey);
        var sources = new List<StageSource>();
        for (int i = 0; i < list.Items.Count; i++)
        {
            string path = SettingPath.Join(StagesKey, i);
            if (list.Items[i] is not SettingObject stage)
            {
                report.Add(SettingError.Of(list.Items[i], $"must be an object, found {list.Items[i].Found}.", "Write it as { \"name\": ..., settings that differ }."));
                continue;
            }
            string? name = StageName(stage, path, sources, report);
            string named = name is null ? path : SettingPath.Join(StagesKey, name);
            SettingNode patch = stage.Without("name").Rebase(path, named);
            sources.Add(new StageSource(name ?? path, named, (SettingObject)SettingMerge.Merge(shared, patch, SettingType.Of(typeof(JobSpec)))));
        }
        return sources;
    }

    private static string? StageName(SettingObject stage, string path, List<StageSource> earlier, JobErrors report)
    {
        switch (stage["name"])
        {
            case null or { IsNull: true }:
                report.Add(new SettingError(stage.Origin, SettingPath.Join(path, "name"), "is required.", "Name the stage."));
                return null;
            case SettingScalar { Kind: JsonValueKind.String } name when !JobValidator.IsName(name.Text):
                report.Add(SettingError.Of(name, $"{name.Found} is no name.", JobValidator.NameRule));
                return null;
            case SettingScalar { Kind: JsonValueKind.String } name when earlier.Any(source => source.Name == name.Text):
                report.Add(SettingError.Of(name, $"there is a stage {name.Found} already.", "Give each stage a name of its own."));
                return null;
            case SettingScalar { Kind: JsonValueKind.String } name:
                return name.Text;
            case var other:
                report.Add(SettingError.Of(other, $"must be text, found {other.Found}.", "Name the stage."));
                return null;
        }
    }

    private static JobSpec? Bind(StageSource source, JobOrigin origin, bool isStored, JobErrors report)
    {
        var errors = new List<SettingError>();
        var unreadable = new HashSet<string>(StringComparer.Ordinal);
        SettingNode readable = new SettingChecker(errors, unreadable).Check(source.Tree, SettingType.Of(typeof(JobSpec)), "")!;
        errors.ForEach(error => report.Add(error, source));

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            readable.Write(writer);
        JobSpec spec = JsonSerializer.Deserialize<JobSpec>(buffer.ToArray(), JobJson.Options)!;
        if (isStored && spec.Data is LabelledData { HasLabels: true } data && !SettingPath.Find(source.Tree, "data.vocabulary").Exact)
            spec = spec with { Data = data with { Vocabulary = VocabularyParts.AllParts } };
        spec = JobDefaults.Complete(spec, origin.Name, path => SettingPath.Find(source.Tree, path) is { Exact: true, Node.IsNull: false });
        foreach (InputError error in JobValidator.Validate(spec))
        {
            (SettingNode node, bool exact) = SettingPath.Find(source.Tree, error.Where);
            // A setting that is not there because it, or a misspelt neighbour, could not be read has its error already.
            string parent = SettingPath.Parent(error.Where);
            if (unreadable.Contains(error.Where) || (!exact && unreadable.Any(path => SettingPath.Parent(path) == parent || path == parent)))
                continue;
            report.Add(new SettingError(node.Origin, exact ? null : error.Where, error.What, error.Fix), source);
        }
        return errors.Count == 0 ? Rooted(spec, source, origin) : null;
    }

    /// <summary>The job with its root made full, so that a run finds its data from wherever it is resumed or evaluated.</summary>
    private static JobSpec Rooted(JobSpec spec, StageSource source, JobOrigin origin)
    {
        (SettingNode node, bool exact) = SettingPath.Find(source.Tree, "data.root");
        return spec.Data is { } data ? spec with { Data = data with { Root = origin.RootOf(data.Root, exact && node.Origin.IsFlag) } } : spec;
    }

    private static void CheckStageVectors(List<StageSource> sources, List<JobSpec?> specs, JobErrors report)
    {
        for (int i = 0; i < sources.Count; i++)
        {
            if (specs[i]?.Vectors is not { StageName: { } name } vectors)
                continue;
            SettingNode node = SettingPath.Find(sources[i].Tree, "vectors.file").Node;
            int earlier = sources.FindIndex(source => source.Name == name);
            if (earlier < 0 || earlier >= i)
            {
                string[] names = [.. sources.Take(i).Select(source => source.Name!)];
                string fix = names.Length == 0 ? "Give a file: no stage comes before." : Spelling.Advice(name, names, "earlier stages");
                report.Add(SettingError.Of(node, $"there is no earlier stage `{name}`.", fix), sources[i]);
            }
            else if (vectors.Dimension is { } dimension && specs[earlier]?.Vectors.Dimension is { } given && dimension != given)
            {
                SettingNode own = SettingPath.Find(sources[i].Tree, "vectors.dimension").Node;
                report.Add(SettingError.Of(own, $"is {dimension}, but stage `{name}` trains vectors of {given} numbers.", "Leave it out: the vectors say it."), sources[i]);
            }
            else if (vectors.ContextFile == vectors.File && specs[earlier]?.Model is { } model && !model.HasContextVectors)
            {
                SettingNode own = SettingPath.Find(sources[i].Tree, "vectors.contextFile").Node;
                report.Add(SettingError.Of(own, $"stage `{name}` trains no output vectors of words.", "Leave it out."), sources[i]);
            }
            else if (vectors.ContextFile == vectors.File && specs[earlier]?.Model is GloVeSpec { WordVectors: GloVeVectors.Sum })
            {
                SettingNode own = SettingPath.Find(sources[i].Tree, "vectors.contextFile").Node;
                report.Add(SettingError.Of(own, $"is given, but the vectors of stage `{name}` are sums in which its context vectors are already.", $"Leave it out, or set model.wordVectors of stage `{name}` to embedding."), sources[i]);
            }
        }
    }

    private static void CheckFlagsReachAStage(SettingObject root, List<StageSource> sources, JobErrors report)
    {
        static IEnumerable<SettingOrigin> Flags(SettingNode node) =>
            node.Descendants().Where(part => part is not SettingObject && part.Origin.IsFlag).Select(part => part.Origin);

        // With stages only: there a setting of the top level can be overridden everywhere, and would do nothing without a word.
        if (root[StagesKey] is not SettingList || sources.Count == 0)
            return;
        HashSet<SettingOrigin> reaching = [.. sources.SelectMany(source => Flags(source.Tree))];
        foreach (SettingOrigin lost in Flags(root.Without(StagesKey)).Where(origin => !reaching.Contains(origin)).Distinct())
        {
            report.Add(new SettingError(
                lost, null, "has no effect: every stage sets it.", $"Set {StagesKey}.NAME.{lost.Path}; the stages are {string.Join(", ", sources.Select(source => source.Name))}."));
        }
    }
}
