using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// A file that a job names, as it was when its stage began. Kept with the run, so that a command can name the file
/// that has changed since.
/// </summary>
/// <param name="Setting">The setting that names it, such as <c>data.train</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record InputFile(string Setting, long Bytes, string Sha256)
{
    /// <summary>Beginning of the settings that name training data and folds.</summary>
    public const string Data = "data.";

    /// <summary>Beginning of the settings that name vectors.</summary>
    public const string Vectors = "vectors.";

    /// <summary>Beginning of the settings that name files of words.</summary>
    public const string Words = "phases.";

    /// <summary>
    /// Reads every file that a job names. Leaves out folders, and vectors of another stage, which the run wrote itself.
    /// </summary>
    /// <exception cref="InvalidInputException">A file cannot be read.</exception>
    public static IReadOnlyList<InputFile> AllOf(JobSpec job) =>
        [.. Named(job).Where(file => File.Exists(file.Path)).Select(file => Read(file.Setting, file.Path))];

    /// <summary>What has changed since the files were read; empty: nothing, or nothing that is known.</summary>
    /// <param name="before">The files as they were.</param>
    /// <param name="job">The job, whose paths may be others by now.</param>
    /// <param name="settings">Beginning of the settings whose files matter.</param>
    /// <param name="fix">What to do.</param>
    public static IReadOnlyList<InputError> Changed(
        IReadOnlyList<InputFile> before, JobSpec job, string settings, string fix)
    {
        var paths = Named(job).ToDictionary(file => file.Setting, file => file.Path, StringComparer.Ordinal);
        return [.. before
            .Where(file => file.Setting.StartsWith(settings, StringComparison.Ordinal) && paths.ContainsKey(file.Setting))
            .Select(file => file.ChangeAt(paths[file.Setting], fix)).OfType<InputError>()];
    }

    /// <summary>Throws if a file has changed.</summary>
    /// <inheritdoc cref="Changed"/>
    /// <exception cref="InvalidInputException">One has.</exception>
    public static void Require(IReadOnlyList<InputFile> before, JobSpec job, string settings, string fix)
    {
        if (Changed(before, job, settings, fix) is { Count: > 0 } changed)
            throw new InvalidInputException(changed);
    }

    /// <summary>Whether a file has the same content, wherever it lies.</summary>
    public bool IsAt(string path) => ChangeAt(path, "") is null;

    private InputError? ChangeAt(string path, string fix)
    {
        if (!File.Exists(path))
            return new InputError(path, $"is not there: {Setting} named it when the run began.", fix);
        long bytes = new FileInfo(path).Length;
        string? difference = bytes != Bytes
            ? string.Create(CultureInfo.InvariantCulture, $"it has {bytes:N0} bytes, and had {Bytes:N0}")
            : Read(Setting, path).Sha256 != Sha256 ? "it has as many bytes, but another SHA-256" : null;
        return difference is null ? null
            : new InputError(path, $"is not the file that the run began with ({Setting}): {difference}.", fix);
    }

    private static InputFile Read(string setting, string path)
    {
        try
        {
            using var file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            return new InputFile(setting, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                new InputError(path, $"cannot be read: {refused.Message}", $"Check the file; {setting} names it."), refused);
        }
    }

    /// <summary>
    /// The settings that may name a file, with full paths: any text among the data's settings may, so that no form of
    /// data is forgotten.
    /// </summary>
    private static IEnumerable<(string Setting, string Path)> Named(JobSpec job)
    {
        List<(string Setting, string? Value)> named =
            [.. Texts("data", JsonSerializer.SerializeToNode(job.Data, JobJson.Options))];
        if (job.Vectors is { StageName: null } vectors)
            named.AddRange([("vectors.file", vectors.File), ("vectors.contextFile", vectors.ContextFile)]);
        named.AddRange(RowSelectors.Of(job).Select((selector, i) => (ItemOf($"{Words}rows", i), selector.File)));
        return named
            .Where(value => value.Value is { Length: > 0 } path && !path.Contains('\0', StringComparison.Ordinal))
            .Select(value => (value.Setting, job.Data.PathOf(value.Value!)));
    }

    private static IEnumerable<(string Setting, string? Value)> Texts(string path, JsonNode? node) => node switch
    {
        JsonObject settings => settings
            .Where(setting => setting.Key is not ("root" or "format" or "encoding"))
            .SelectMany(setting => Texts($"{path}.{setting.Key}", setting.Value)),
        JsonArray list => list.SelectMany((item, i) => Texts(ItemOf(path, i), item)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [(path, value.GetValue<string>())],
        _ => [],
    };

    private static string ItemOf(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}.{index}");
}
