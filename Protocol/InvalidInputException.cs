using System.Text.RegularExpressions;

namespace DistEmbed.Protocol;

/// <summary>
/// One thing that is wrong with what the user gave: a line of a few hundred characters, whatever the data hold.
/// </summary>
public sealed record InputError
{
    private const int LongestWhere = 300, LongestWhat = 400, LongestFix = 600;

    /// <summary>Creates an error.</summary>
    /// <param name="where">See <see cref="Where"/>.</param>
    /// <param name="what">See <see cref="What"/>.</param>
    /// <param name="fix">See <see cref="Fix"/>.</param>
    public InputError(InputText where, InputText what, InputText fix) => (Where, What, Fix) = (where.ToString(), what.ToString(), fix.ToString());

    /// <summary>The place: a file with its line, a setting's path such as <c>training.batch</c>, or a flag.</summary>
    public string Where { get; init => field = PrintableText.Line(value, LongestWhere); }

    /// <summary>What is wrong, with the value that was found.</summary>
    public string What { get; init => field = PrintableText.Line(value, LongestWhat); }

    /// <summary>What to do about it.</summary>
    public string Fix { get; init => field = PrintableText.Line(value, LongestFix); }

    /// <inheritdoc/>
    public override string ToString() => $"{Where}: {What} {Fix}".TrimEnd();
}

/// <summary>
/// The user's input cannot be used. Carries every error that was found, not the first only; a command prints one line
/// each and ends with exit code 2. Of a file
/// with very many errors it carries the first twenty and how many more there are.
/// </summary>
public sealed partial class InvalidInputException : Exception
{
    private const int MostOfOneFile = 20;

    /// <summary>Creates the exception for all <paramref name="errors"/>, of which there is at least one.</summary>
    public InvalidInputException(IReadOnlyList<InputError> errors)
        : this(Bounded(errors), cause: null)
    {
    }

    /// <summary>Creates the exception for one error.</summary>
    public InvalidInputException(InputText where, InputText what, InputText fix)
        : this([new InputError(where, what, fix)], cause: null)
    {
    }

    /// <summary>Creates the exception for one error that an exception from below caused.</summary>
    public InvalidInputException(InputError error, Exception cause)
        : this([error], cause)
    {
    }

    private InvalidInputException(IReadOnlyList<InputError> errors, Exception? cause)
        : base(string.Join(Environment.NewLine, errors), cause) => Errors = errors;

    /// <summary>The errors, in the order of the input.</summary>
    public IReadOnlyList<InputError> Errors { get; }

    private static IReadOnlyList<InputError> Bounded(IReadOnlyList<InputError> errors)
    {
        if (errors.Count <= MostOfOneFile)
            return errors;
        var told = new List<InputError>();
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (InputError error in errors)
        {
            if (PlaceInFile().Match(error.Where) is not { Success: true } place)
            {
                told.Add(error);
                continue;
            }

            string file = place.Groups["file"].Value;
            found[file] = found.GetValueOrDefault(file) + 1;
            if (found[file] <= MostOfOneFile)
                told.Add(error);
        }

        foreach ((string file, int count) in found.Where(f => f.Value > MostOfOneFile))
            told.Add(new InputError(file, $"has {count - MostOfOneFile:N0} more errors.", "Correct these first."));
        return told;
    }

    /// <summary>FILE:LINE, with a column or a setting behind it.</summary>
    [GeneratedRegex(@"^(?<file>.+?):\d+(:\d+)?( .*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceInFile();
}
