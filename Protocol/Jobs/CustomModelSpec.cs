using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A model of the user's own: a class that implements IEmbeddingModel, in an assembly of theirs. What the job has to know of it before any of its code runs is said here and compared
/// with what it turns out to be: servers, and whoever checks a job, run none of it.
/// </summary>
public sealed record CustomModelSpec : ModelSpec
{
    /// <summary>The assembly (.dll); a relative path from <c>data.root</c>. Assemblies beside it that it needs are loaded too.</summary>
    public required string Assembly { get; init; }

    /// <summary>Full name of the class, such as <c>My.Namespace.MyModel</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The groups of its tables, <c>embedding</c> first, then from the bottom layer to the output: what optimizers, phases and recipes name.</summary>
    [JsonPropertyName("groups")]
    public required IReadOnlyList<string> TableGroups { get; init; }

    /// <summary>What it learns from.</summary>
    [JsonPropertyName("reads")]
    public DataForm Form { get; init; } = DataForm.Labels;

    /// <summary>Its own settings: the properties of the class that its constructor takes beside the shape.</summary>
    public ModelSettings Settings { get; init; } = ModelSettings.None;

    /// <summary>
    /// SHA-256 of the assembly and of those beside it that it needs: the build that the job is about. Absent: filled in when the job is read, so that a run goes on with no other build.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => TableGroups;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> WordGroups => ["embedding"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => Form;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool UsesTorch => true;
}
