using DistEmbed.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Wire = DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>How every error of a request goes over the wire: in a trailer, since a status holds text only.</summary>
public static class InputErrorTrailer
{
    /// <summary>Name of the trailer.</summary>
    public const string Name = "distembed-errors-bin";

    // Clients take trailers of 64 KiB (.NET) and more; the rest of the errors is counted.
    private const int MostBytes = 24 * 1024;
    private const int LongestMessage = 2000;

    /// <summary>The status with its trailer.</summary>
    public static RpcException Refusal(IReadOnlyList<InputError> errors)
    {
        var wire = new Wire.InputErrors();
        int bytes = 0;
        foreach (InputError error in errors)
        {
            // An error is a line of some hundred characters whatever it is about.
            var one = new Wire.InputError { Where = error.Where, What = error.What, Fix = error.Fix };
            bytes += one.CalculateSize() + 4;
            if (bytes > MostBytes)
                break;
            wire.Errors.Add(one);
        }

        wire.Omitted = errors.Count - wire.Errors.Count;
        var trailer = new Metadata { { Name, wire.ToByteArray() } };
        return new RpcException(new Status(StatusCode.InvalidArgument, Cut(string.Join('\n', errors))), trailer);
    }

    /// <summary>The errors of a refusal; empty: it carries none.</summary>
    public static IReadOnlyList<InputError> Errors(RpcException refusal)
    {
        if (refusal.Trailers.GetValueBytes(Name) is not { } bytes)
            return [];
        Wire.InputErrors wire;
        try
        {
            wire = Wire.InputErrors.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return []; // of another program; the status has its text
        }

        var errors = wire.Errors.Select(e => new InputError(e.Where, e.What, e.Fix)).ToList();
        if (wire.Omitted > 0)
            errors.Add(new InputError("further", $"{wire.Omitted} errors are not shown.", "Correct these first."));
        return errors;
    }

    private static string Cut(string text) => text.Length <= LongestMessage ? text : text[..LongestMessage] + "...";
}
